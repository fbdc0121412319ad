import type { AdminClient, Answer, Details, Item } from "./client.ts";
import { Failure, Stale } from "./failure.ts";
import { consumerFacts, lineTable } from "./shown.ts";
import { consumerPath } from "./values.ts";

/**
 * Changes or removes a consumer as it was seen: by the caller where they name its version, else just now.
 * @param detailsOf what to send, given the consumer as it is
 * @throws Failure, which says what somebody else has changed meanwhile
 */
export async function writeSeen(
  api: AdminClient,
  id: string,
  seen: number | undefined,
  method: "PATCH" | "DELETE",
  detailsOf: (consumer: Item) => Details = () => ({}),
): Promise<{ before: Item; answer: Answer }> {
  const path = consumerPath(id);
  const before = await api.get(path);
  const version = seen ?? Number(before.version);
  try {
    return { before, answer: await api.write(method, path, { ...detailsOf(before), version }) };
  } catch (error) {
    if (!(error instanceof Stale)) throw error;
    throw new Failure(`${error.message}\n\n${await meanwhile(api, id, version)}`);
  }
}

/** What has become of a consumer since a version of it; who did it where the caller may read the audit log. */
async function meanwhile(api: AdminClient, id: string, version: number): Promise<string> {
  const now = await api.get(consumerPath(id));
  const state = `It is now:\n${consumerFacts(now)}`;
  const changes = Number(now.version) - version;
  if (changes < 1) return state;
  const lines = await api
    .all(`/audit?consumer=${encodeURIComponent(id)}`, "lines")
    .catch((error: unknown) => {
      if (error instanceof Failure) return [];
      throw error;
    });
  // Of a consumer's lines each of these is one version.
  const done = lines.filter(({ action }) => /^consumer\.(?:change|import)$/.test(String(action)));
  const told = lineTable(done.slice(0, changes));
  return told === "" ? state : `Changed since version ${version}:\n${told}\n\n${state}`;
}
