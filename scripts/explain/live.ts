import type { Asked } from "../../src/explain/asked.ts";
import type { Traced } from "../../src/explain/traced.ts";
import type { Gateway } from "../admin/gateway.ts";

/** A running gateway that gave no explanation; the message says why. */
export class LiveError extends Error {}

/** Asks a running gateway to answer a request and tell how it did. @throws LiveError */
export async function traceLive({ base, credential }: Gateway, asked: Asked): Promise<Traced> {
  const url = `${base}/_gateway/admin/explain`;
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${credential}`, "content-type": "application/json" },
      body: JSON.stringify(asked),
      // A redirect could take the secret elsewhere.
      redirect: "error",
    });
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new LiveError(`${base} cannot be asked: ${cause}`);
  }
  if (answer.ok) return (await answer.json()) as Traced;
  if (answer.status === 401) throw new LiveError(`${base} does not take this admin secret.`);
  if (answer.status === 404) {
    throw new LiveError(`${base} explains nothing: it has no ISOGATE_ADMIN_SECRET, or is no such gateway.`);
  }
  const { detail } = (await answer.json().catch(() => ({}))) as { detail?: string };
  throw new LiveError(`${base} answered ${answer.status}${detail === undefined ? "" : `: ${detail}`}`);
}
