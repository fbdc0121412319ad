import type { RequestContext } from "../../context.ts";
import { Refusal, refuse } from "../../errors/refusal.ts";
import type { Identity } from "../identity.ts";
import type { ConsumerDirectory } from "./directory.ts";
import type { KnownConsumer, Standing } from "./known-consumer.ts";

/** Says who a proved caller is in the registry, or why they are refused. At once where the consumer is known. */
export type Register = (identity: Identity, ctx: RequestContext) => Verdict | Promise<Verdict>;

type Verdict = Identity | Refusal;

/** What was made of an identity. */
interface Registered {
  /** What it was made with. */
  readonly standing: Standing;
  readonly verdict: Verdict;
}

/** A longer id is nobody's, and is not remembered as such. In characters. */
const LONGEST_ID = 128;

/**
 * Holds callers to the consumer registry. Whoever their credential names must be there and not be suspended; plan and
 * roles are the registry's. What it made of an identity it gives again until the registry says otherwise.
 * @param staleness for how long an isolate goes by what the registry said, in ms
 */
export function createRegistered(staleness: number, consumers: ConsumerDirectory): Register {
  const made = new WeakMap<Identity, Registered>();

  function judge(identity: Identity, { standing }: KnownConsumer): Verdict {
    const known = made.get(identity);
    if (known?.standing === standing) return known.verdict;
    const verdict = standing.suspended ? refuse("consumer-suspended") : withStanding(identity, standing);
    made.set(identity, { standing, verdict });
    return verdict;
  }

  return (identity, ctx) => {
    const { consumer } = identity;
    if (consumer === undefined || consumer.length > LONGEST_ID)
      return unknown("the credential names no consumer");
    const known = consumers.knownConsumer(consumer, staleness, ctx);
    if (known !== undefined) return judge(identity, known);
    const found = consumers.askConsumer(consumer, ctx);
    if (found === undefined) return unknown(notThere(consumer));
    return found.then((answer) => {
      if (answer instanceof Refusal) return answer;
      return answer === undefined ? unknown(notThere(consumer)) : judge(identity, answer);
    });
  };
}

/**
 * The identity with what the registry says. The plan is the registry's alone: who may choose it chooses their limits.
 * Roles are what both say: those of a credential are there only where the manifest trusts its issuer with them.
 */
function withStanding(identity: Identity, { plan, roles }: Standing): Identity {
  const { plan: _, roles: own = [], ...rest } = identity;
  return Object.freeze({
    ...rest,
    roles: Object.freeze([...new Set([...roles, ...own])]),
    ...(plan !== undefined && { plan }),
  });
}

function unknown(cause: string): Refusal {
  return refuse("consumer-unknown", { cause });
}

const notThere = (consumer: string) => `the consumer ${consumer} is not registered`;
