import { command } from "../command.ts";
import { FORMAT, FORMAT_VERSION } from "../document.ts";
import { counted } from "../shown.ts";

export const exportAll = command({
  name: "export",
  usage: "> FILE",
  about: "writes all consumers and keys as one JSON document; keys as hashes",
  options: [],
  accepts: {},
  words: [0, 0],
  plan:
    ({ quiet }) =>
    async ({ api, print, tell, now }) => {
      const head = { format: FORMAT, version: FORMAT_VERSION, exportedAt: new Date(now).toISOString() };
      await print(`${JSON.stringify(head).slice(0, -1)},"records":[`);
      let consumers = 0;
      let keys = 0;
      for await (const page of api.pages("/export", "records")) {
        // A record a line, so that two exports can be compared.
        const lines = page.map((record, index) => {
          if ("consumer" in record) consumers++;
          else keys++;
          return (consumers + keys === 1 && index === 0 ? "" : ",") + JSON.stringify(record);
        });
        if (lines.length > 0) await print(lines.join("\n"));
      }
      await print("]}");
      if (!quiet) tell(`Exported ${counted(consumers, "consumer")} and ${counted(keys, "key")}.`);
    },
});
