import { Misuse } from "../../admin/misuse.ts";
import type { AdminClient } from "../client.ts";
import { command } from "../command.ts";
import { readDocument } from "../document.ts";
import { Failure } from "../failure.ts";
import { counted } from "../shown.ts";

/** Of the records of one call: a gateway takes 500, and 4 MB. */
const MOST_RECORDS = 500;
const MOST_CHARACTERS = 1_000_000;

export const importFile = command({
  name: "import",
  usage: "FILE",
  about: "takes in what `export` wrote; may be done again after an interruption",
  options: ["--on-conflict MODE   refuse (default) or replace what is there and is not as the file has it"],
  accepts: { "on-conflict": { type: "string", default: "refuse" } },
  words: [1, 1],
  plan({ json, quiet, ...values }, [file = ""]) {
    const onConflict = values["on-conflict"];
    if (onConflict !== "refuse" && onConflict !== "replace")
      throw new Misuse("--on-conflict is refuse or replace.");
    return async ({ api, print, readFile }) => {
      const records = readDocument(readFile(file));
      const counts = { created: 0, unchanged: 0, replaced: 0 };
      let sent = 0;
      for (const chunk of chunksOf(records)) {
        for (const outcome of await send(api, { records: chunk, onConflict }, sent)) counts[outcome]++;
        sent += chunk.length;
      }
      if (json) return print(JSON.stringify(counts, undefined, 2));
      const { created, unchanged, replaced } = counts;
      if (!quiet)
        await print(
          `${counted(sent, "record")}: ${created} created, ${unchanged} unchanged, ${replaced} replaced.`,
        );
    };
  },
});

type ImportedAs = "created" | "unchanged" | "replaced";

/** @param sent how many records went before these */
async function send(api: AdminClient, body: object, sent: number): Promise<readonly ImportedAs[]> {
  try {
    const answer = await api.write("POST", "/import", { body, isRepeatable: true });
    return answer.body.outcomes as readonly ImportedAs[];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // The gateway counts from the first record of its part, people from the first of their file.
    const message = error.message.replace(
      /records\[(\d+)\]/g,
      (_, n: string) => `records[${Number(n) + sent}]`,
    );
    const done =
      sent === 0
        ? ""
        : `\nThe first ${sent} records are imported. The same command again leaves them as they are, and goes on.`;
    throw new Failure(message + done);
  }
}

function* chunksOf(records: readonly object[]): Generator<readonly object[]> {
  let chunk: object[] = [];
  let length = 0;
  for (const record of records) {
    const size = JSON.stringify(record).length;
    if (chunk.length === MOST_RECORDS || (chunk.length > 0 && length + size > MOST_CHARACTERS)) {
      yield chunk;
      chunk = [];
      length = 0;
    }
    chunk.push(record);
    length += size;
  }
  if (chunk.length > 0) yield chunk;
}
