import { describe, expect, it } from "vitest";
import { Misuse } from "../../../scripts/admin/misuse.ts";
import { readArguments } from "../../../scripts/consumers/arguments.ts";

const words = (line: string) => line.split(" ").filter((word) => word !== "");

describe("the command line of consumers", () => {
  it.each([
    "add",
    "add acme --name Acme --plan gold --roles a,b --meta org=x --meta seats=3 --suspended",
    "list --json",
    "show acme -q",
    "change acme --no-name --no-plan --no-meta org --resume --version 3",
    "change acme --roles=",
    "remove acme --version 3",
    "keys add acme --prefix shop --route GET_/a --address 192.0.2.1 --origin https://a.example --expires 90d",
    "keys list acme",
    "keys roll acme key_1 --overlap 1h",
    "keys revoke acme key_1",
    "tokens add ci --scopes consumers:read",
    "tokens list",
    "tokens revoke tok_1",
    "audit --consumer acme --limit 5",
    "export",
    "import file.json --on-conflict replace --url http://localhost:1 --once k",
  ])("takes: %s", (line) => {
    expect(readArguments(words(line))).toMatchObject({ run: expect.any(Function) });
  });

  it.each([
    ["", "Name a command."],
    ["frobnicate", '"frobnicate" is no command.'],
    ["keys delete acme k", '"keys delete" is no command.'],
    ["show", "It is written: show ID"],
    ["show a b", "It is written: show ID"],
    ["show audit", '"audit" is no consumer\'s id.'],
    ["show ..", '".." is no consumer\'s id.'],
    ["keys revoke acme ../x", '"../x" is no id.'],
    ["tokens revoke ..", '".." is no id.'],
    ["list --all", "Unknown option '--all'"],
    ["add acme --meta org", '"org" is no metadata: write NAME=VALUE.'],
    ["change acme", "Say what is to change."],
    ["change acme --plan gold --no-plan", "Say one thing of its plan."],
    ["change acme --suspend --resume", "Say one thing of its suspended."],
    ["change acme --suspend --version x", "--version takes a whole number from 1 on."],
    ["keys add acme", "Say with --prefix how the key begins."],
    ["keys roll acme k --overlap 1500ms", "--overlap takes a duration in whole seconds"],
    ["tokens add ci", "Say with --scopes what it is for: consumers:read, "],
    ["audit --limit 0", "--limit takes a whole number from 1 on."],
    ["import a.json --on-conflict ask", "--on-conflict is refuse or replace."],
    ["add --once a\u00e9", "--once takes what an interrupted command has told."],
    ["add --token isogate_admin_x", "A credential is no argument, for process lists show arguments"],
    ["list --secret=x", "A credential is no argument"],
  ])("refuses: %s", (line, message) => {
    const read = () => readArguments(words(line));
    expect(read).toThrow(Misuse);
    expect(read).toThrow(message);
    // And says how it is written.
    expect(read).toThrow("npm run -s consumers -- ");
  });

  it("never repeats a credential that was given as an argument", () => {
    expect(() => readArguments(["add", "--token", "isogate_admin_x"])).not.toThrow("isogate_admin_x");
  });

  it("tells of itself, and more of each command", () => {
    const all = readArguments(["--help"]) as string;
    const commands = [...all.matchAll(/^ {2}((?:keys |tokens )?[a-z]+) /gm)].map(([, name = ""]) => name);
    expect(commands).toHaveLength(15);
    for (const name of commands) {
      const help = readArguments([...name.split(" "), "-h"]);
      expect(help).toContain(`npm run -s consumers -- ${name} `);
      expect(help).toContain("--url URL");
    }
  });
});
