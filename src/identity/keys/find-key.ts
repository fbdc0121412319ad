import { Refusal } from "../../errors/refusal.ts";
import type { KeySet, KeySetCaller } from "../key-sets.ts";
import type { Algorithm } from "./algorithms.ts";
import { type KeyHint, type NoKey, selectKey } from "./select-key.ts";
import type { VerificationKey } from "./verification-key.ts";

/** {@link selectKey} over a set as it is known, and where that has no such key, as it is by now. */
export async function findKey(
  hint: KeyHint,
  allowed: readonly Algorithm[],
  keySet: KeySet,
  ctx: KeySetCaller,
): Promise<VerificationKey | NoKey | Refusal> {
  const keys = await keySet.load(ctx);
  if (keys instanceof Refusal) return keys;
  const found = selectKey(keys, hint, allowed);
  if (!("fault" in found && found.unknown)) return found;
  const newer = await keySet.reload(keys, ctx);
  return newer === undefined ? found : selectKey(newer, hint, allowed);
}
