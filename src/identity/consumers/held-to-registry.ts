import type { RequestContext } from "../../context.ts";
import type { Deps } from "../../deps.ts";
import { Refusal } from "../../errors/refusal.ts";
import type { CredentialVerdict } from "../credential.ts";
import type { Register } from "./registered.ts";
import type { CompiledRegistered } from "./registered-options.ts";

/** What becomes of a credential's verdict once all of its own has been asked. */
export type Judge = (
  verdict: CredentialVerdict,
  ctx: RequestContext,
) => CredentialVerdict | Promise<CredentialVerdict>;

/** By their options: the routes that name one declaration share one options object, and so whom it has let in. */
const registers = new WeakMap<CompiledRegistered, Register>();

/**
 * Asks the consumer registry about whoever a credential has proved, where its declaration says so, and then judges their
 * rights. It comes last: nobody else is to learn who is registered. Where it is not declared, `judge` is all there is.
 */
export function heldToRegistry(
  registered: CompiledRegistered | undefined,
  { consumers }: Pick<Deps, "consumers">,
  judge: (verdict: CredentialVerdict) => CredentialVerdict,
): Judge {
  if (registered === undefined) return judge;
  const register = registers.get(registered) ?? registered.create(registered.staleness, consumers);
  registers.set(registered, register);
  return (verdict, ctx) => {
    if (verdict === undefined || verdict instanceof Refusal) return verdict;
    const answer = register(verdict, ctx);
    return answer instanceof Promise ? answer.then(judge) : judge(answer);
  };
}
