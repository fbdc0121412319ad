import type { Answer, Item } from "./client.ts";
import type { Desk, Manner } from "./command.ts";
import { Failure } from "./failure.ts";
import { facts } from "./table.ts";

/**
 * Prints what was made and the text of it, which is in no other answer.
 * @param name of what was made in the answer
 * @param lost what to do where the first answer was lost, and the text with it
 * @throws Failure where it was
 */
export async function printSecret(
  { status, body }: Answer,
  name: "key" | "token",
  { json, quiet }: Manner,
  print: Desk["print"],
  lost: (made: Item) => string,
): Promise<void> {
  const made = body[name] as Item;
  if (status !== 201) {
    throw new Failure(`The ${name} ${made.id} was made by a call whose answer was lost, and its text with it.
${lost(made)}`);
  }
  if (json) return print(JSON.stringify(body, undefined, 2));
  if (quiet) return print(String(body.secret));
  const { id, consumer, name: called, scopes, expiresAt: expires } = made;
  const shown = facts({ id, consumer, name: called, scopes, expires, [name]: body.secret });
  await print(`${shown}\n\nThe ${name} is not shown again: the gateway keeps no more than its hash.`);
}
