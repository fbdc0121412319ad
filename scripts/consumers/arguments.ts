import { Misuse } from "../admin/misuse.ts";
import type { Command, Written } from "./command.ts";
import { audit } from "./commands/audit.ts";
import { add, change, list, remove, show } from "./commands/consumers.ts";
import { exportAll } from "./commands/export.ts";
import { importFile } from "./commands/import.ts";
import { keysAdd, keysList, keysRevoke, keysRoll } from "./commands/keys.ts";
import { tokensAdd, tokensList, tokensRevoke } from "./commands/tokens.ts";

const COMMANDS: readonly Command[] = [
  add,
  list,
  show,
  change,
  remove,
  keysAdd,
  keysList,
  keysRoll,
  keysRevoke,
  tokensAdd,
  tokensList,
  tokensRevoke,
  audit,
  exportAll,
  importFile,
];

const COMMON = `      --url URL            the gateway; default: the variable ISOGATE_URL, or http://127.0.0.1:8787
      --json               prints what the gateway answers, as JSON
  -q, --quiet              prints only what another program would go on with: ids, and the text of a key
      --once KEY           goes on with a command that was interrupted, with the key that it told
  -h, --help               tells more of a command

Who asks is said by the environment: ISOGATE_ADMIN_TOKEN, or ISOGATE_ADMIN_SECRET; for a gateway on this machine also
by .dev.vars. Exits 1 where the gateway refuses, 2 where the command has a mistake.`;

/** How a command is written; all of them where none is named. */
export function usageOf(command?: Command): string {
  if (command !== undefined) {
    const own = command.options.map((option) => `      ${option}\n`).join("");
    return `npm run -s consumers -- ${command.name} ${command.usage}\n\n${command.about}\n\n${own}${COMMON}`;
  }
  const lines = COMMANDS.map(({ name, usage, about }) => `  ${`${name} ${usage}`.padEnd(36)} ${about}`);
  return `npm run -s consumers -- COMMAND [options]\n\n${lines.join("\n")}\n\n${COMMON}`;
}

/**
 * Reads the command line.
 * @returns what is to be done, or a text that was asked for
 * @throws Misuse, which ends with how it is written
 */
export function readArguments(args: readonly string[]): Written | string {
  const command = COMMANDS.find(({ name }) => name === args.slice(0, name.split(" ").length).join(" "));
  if (command === undefined) {
    if (args.some((arg) => arg === "--help" || arg === "-h")) return usageOf();
    const [first, second] = args;
    const isGroup = COMMANDS.some(({ name }) => name.startsWith(`${first} `));
    const named = isGroup && second !== undefined ? `${first} ${second}` : first;
    throw new Misuse(
      `${named === undefined ? "Name a command." : `"${named}" is no command.`}\n\n${usageOf()}`,
    );
  }
  try {
    const written = command.read(args.slice(command.name.split(" ").length));
    return written === "help" ? usageOf(command) : written;
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    throw new Misuse(`${error.message}\n\n${usageOf(command)}`);
  }
}
