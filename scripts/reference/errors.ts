import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../src/manifest/compiler/index.ts";

/** What docs/errors.md says of a code beside the catalog's own entry. */
export interface ErrorNote {
  readonly code: string;
  readonly when: string;
  readonly operator: string;
  /** Keys of a manifest that bring it about, and `gateway`. */
  readonly from: readonly string[];
}

/** Reads the sections of docs/errors.md, one for each code. */
export function readErrorNotes(): ErrorNote[] {
  const page = readFileSync(join(ROOT, "docs/errors.md"), "utf8");
  return page
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const item = (name: string) =>
        new RegExp(`^- \\*\\*${name}\\*\\*: (.*(?:\\n {2}.*)*)`, "m")
          .exec(section)?.[1]
          ?.replaceAll("\n  ", " ") ?? "";
      return {
        code: /^`(.*)`/.exec(section)?.[1] ?? "",
        when: item("When"),
        operator: item("Operator"),
        from: item("From")
          .split(", ")
          .map((name) => name.replaceAll("`", "")),
      };
    });
}
