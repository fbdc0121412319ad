import type { Item } from "../client.ts";
import { command } from "../command.ts";
import { lineTable } from "../shown.ts";
import { countOf } from "../values.ts";

const MOST_AT_ONCE = 500;

export const audit = command({
  name: "audit",
  usage: "",
  about: "tells who did what and when, the newest first",
  options: [
    "--consumer ID        only what is about this one",
    "--limit N            no more than the newest N",
  ],
  accepts: { consumer: { type: "string" }, limit: { type: "string" } },
  words: [0, 0],
  plan({ consumer, limit, json, quiet }) {
    const most = limit === undefined ? Number.POSITIVE_INFINITY : countOf(limit, "--limit");
    const path = consumer === undefined ? "/audit" : `/audit?consumer=${encodeURIComponent(consumer)}`;
    return async ({ api, print }) => {
      const lines: Item[] = [];
      for await (const page of api.pages(path, "lines", Math.min(most, MOST_AT_ONCE))) {
        lines.push(...page);
        if (lines.length >= most) break;
      }
      const asked = lines.slice(0, most);
      if (json) return print(JSON.stringify(asked, undefined, 2));
      await print(quiet ? asked.map(({ number }) => number).join("\n") : lineTable(asked) || "Nothing yet.");
    };
  },
});
