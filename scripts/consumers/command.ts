import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { Misuse } from "../admin/misuse.ts";
import type { AdminClient } from "./client.ts";

/** What a command works with. */
export interface Desk {
  readonly api: AdminClient;
  /** ms since the epoch */
  readonly now: number;
  /** Writes to the standard output, as fast as it is read. */
  readonly print: (text: string) => Promise<void>;
  /** Writes a line to the standard error. */
  readonly tell: (line: string) => void;
  /** @throws Misuse where it cannot be read */
  readonly readFile: (path: string) => string;
}

/** How its outcome is wanted. */
export interface Manner {
  readonly json: boolean;
  /** Only what another program would go on with: ids, and the text of a key. */
  readonly quiet: boolean;
}

/** A command as it was written, and what every command may be told. */
export interface Written extends Manner {
  readonly url: string | undefined;
  /** The Idempotency-Key of a command that was interrupted. */
  readonly once: string | undefined;
  readonly run: (desk: Desk) => Promise<void>;
}

/** A command of the tool. */
export interface Command {
  /** Its words, such as `keys add`. */
  readonly name: string;
  /** What stands after its name. */
  readonly usage: string;
  /** In one line. */
  readonly about: string;
  /** Its own options, a line each. */
  readonly options: readonly string[];
  /** @throws Misuse */
  readonly read: (args: readonly string[]) => Written | "help";
}

const COMMON = {
  url: { type: "string" },
  json: { type: "boolean", default: false },
  quiet: { type: "boolean", short: "q", default: false },
  once: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

type Values<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; options: Options & typeof COMMON }>
>["values"];

interface Definition<Options extends ParseArgsOptionsConfig>
  extends Pick<Command, "name" | "usage" | "about" | "options"> {
  readonly accepts: Options;
  /** Words after its name: the fewest and the most. */
  readonly words: readonly [least: number, most: number];
  /** Reads its own options, and says what is to be done. @throws Misuse */
  readonly plan: (
    values: Values<Options> & Manner,
    words: readonly string[],
  ) => (desk: Desk) => Promise<void>;
}

/** Makes a command of its definition. */
export function command<const Options extends ParseArgsOptionsConfig>(
  definition: Definition<Options>,
): Command {
  const { accepts, words, plan, ...rest } = definition;
  return {
    ...rest,
    read(args) {
      const { values, positionals } = parse<Options>(args, accepts);
      const common = values as Values<Record<never, never>>;
      const { help, url, once, json, quiet } = common;
      if (help) return "help";
      if (positionals.length < words[0] || positionals.length > words[1])
        throw new Misuse(`It is written: ${definition.name} ${definition.usage}`);
      if (once !== undefined && !/^[\x21-\x7e]{1,255}$/.test(once))
        throw new Misuse("--once takes what an interrupted command has told.");
      return { url, once, json, quiet, run: plan(values as Values<Options> & Manner, positionals) };
    },
  };
}

function parse<Options extends ParseArgsOptionsConfig>(args: readonly string[], accepts: Options) {
  if (args.some((arg) => /^--(?:token|secret|password)(?:=|$)/.test(arg))) {
    throw new Misuse(
      "A credential is no argument, for process lists show arguments: set ISOGATE_ADMIN_TOKEN in the environment.",
    );
  }
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: { ...accepts, ...COMMON } });
  } catch (error) {
    throw new Misuse(error instanceof Error ? error.message : String(error));
  }
}
