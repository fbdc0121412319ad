import { inSlot } from "../budget.ts";
import { Generations } from "../generations.ts";
import type { Allowance, Outlook, Take } from "../stores/counters/counter-store.ts";
import { type Attempt, isRefused, type Limited, type LimitTools, result } from "./attempt.ts";
import type { Limit } from "./limit.ts";

/** How long who goes beyond a limit is shut out; in whole seconds' ms. */
export interface PenaltyTerms {
  readonly firstMs: number;
  readonly mostMs: number;
  /** For how long a violation counts. */
  readonly memoryMs: number;
}

/** A penalty, as the build leaves it. */
export interface Penalty extends PenaltyTerms {
  readonly create: typeof createPenalty;
}

/** Asks for a limit with a penalty. @param counted asks the limit itself */
export type AskPenalised = (
  limit: Limit,
  take: Take,
  ctx: Limited,
  tools: LimitTools,
  counted: () => Attempt | Promise<Attempt>,
) => Promise<Attempt>;

/** What an isolate knows of a key. */
interface Known {
  /** Until when it is shut out. */
  until: number;
  /** When the store was last asked. */
  lookedAt: number;
}

/** For how long an isolate believes, in ms, that a key is not shut out. */
const FRESH = 1_000;
/** Keys of which an isolate knows something. */
const MOST = 20_000;
/** After so many violations the penalty has long stopped growing. */
const VIOLATIONS = 32;

/**
 * A lock is a bucket of one token that flows in within a second. Who takes the token has seen the violation first, and
 * charges it with as many tokens as there are seconds to be shut out: until they have flowed in, there is none.
 */
const LOCK: Allowance = { algorithm: "tokenBucket", limit: 1, windowMs: 1_000, burst: 1 };

/** Makes ready what shuts out who goes beyond a limit. */
export function createPenalty(terms: PenaltyTerms): AskPenalised {
  const locks = new Locks(terms);
  return (limit, take, ctx, tools, counted) => askPenalised(locks, limit, take, ctx, tools, counted);
}

/**
 * Who is shut out: the longer, the more often it went beyond the limit. It is kept in the limit's own store, in two
 * counters for each key: the lock, and the violations of late.
 */
class Locks {
  readonly #terms: PenaltyTerms;
  readonly #known = new Generations<Known>(MOST);

  constructor(terms: PenaltyTerms) {
    this.#terms = terms;
  }

  /** Ms for which the key is shut out as far as this isolate knows: 0 where it is not, undefined where it must ask. */
  shutOutMs(key: string, now: number): number | undefined {
    const known = this.#known.get(key);
    return known === undefined ? undefined : Math.max(0, known.until - now);
  }

  /** Whether what is known of the key is too old to go on believing it. */
  isStale(key: string, now: number): boolean {
    const known = this.#known.get(key);
    return known === undefined || now >= known.lookedAt + FRESH;
  }

  /** Asks the store whether the key is shut out. Rejects as it does. */
  async look(key: string, ctx: Limited, { counters, now }: LimitTools): Promise<void> {
    // Others who come meanwhile need not ask too.
    const known = this.#known.get(key);
    if (known !== undefined) known.lookedAt = now();
    const peek = () => counters.peek({ key: lockOf(key), allowance: LOCK }, ctx.budget.remaining(now()));
    const { allowed, resetMs } = await withSlot(ctx, counters.remote, peek);
    // A lock that was made meanwhile stands.
    const locked = this.shutOutMs(key, now()) ?? 0;
    this.#learn(key, Math.max(locked, allowed ? 0 : resetMs), now());
  }

  /** A request was refused that nobody had shut out. @returns ms for which the key is shut out now. Rejects as the store does */
  async violate(key: string, ctx: Limited, { counters, now }: LimitTools): Promise<number> {
    const { firstMs, mostMs, memoryMs } = this.#terms;
    const take = (take: Take) =>
      withSlot(ctx, counters.remote, () => counters.take(take, ctx.budget.remaining(now())));
    const lock = await take({ key: lockOf(key), allowance: LOCK, cost: 1 });
    // Somebody else has seen it first.
    if (!lock.allowed) return this.#learn(key, lock.resetMs, now());
    const memory: Allowance = {
      algorithm: "slidingWindow",
      limit: VIOLATIONS,
      windowMs: memoryMs,
      burst: VIOLATIONS,
    };
    const { remaining } = await take({ key: `${key}!violations`, allowance: memory, cost: 1 });
    const ms = Math.min(mostMs, firstMs * 2 ** (VIOLATIONS - remaining - 1));
    // The token that was taken is one second.
    const seconds = ms / LOCK.windowMs - 1;
    if (seconds > 0) {
      const charge = { key: lockOf(key), allowance: { ...LOCK, burst: seconds }, cost: seconds };
      await withSlot(ctx, counters.remote, () => counters.charge(charge));
    }
    return this.#learn(key, ms, now());
  }

  #learn(key: string, ms: number, now: number): number {
    this.#known.set(key, { until: now + ms, lookedAt: now });
    return ms;
  }
}

function lockOf(key: string): string {
  return `${key}!lock`;
}

/**
 * Who is known to be shut out is refused without a question; what is not known is asked
 * together with the limit, and what is a second old behind the answer. So a lock holds elsewhere from the second request
 * on, or a second later. Where the store fails it says nothing, and the limit is decided as it declares.
 */
async function askPenalised(
  locks: Locks,
  limit: Limit,
  take: Take,
  ctx: Limited,
  tools: LimitTools,
  counted: () => Attempt | Promise<Attempt>,
): Promise<Attempt> {
  const { key } = take;
  const now = tools.now();
  const known = locks.shutOutMs(key, now);
  if (known !== undefined && known > 0) return result(limit, undefined, shutOut(known));
  const looking = locks.isStale(key, now) ? noted(locks.look(key, ctx, tools), ctx) : undefined;
  if (known !== undefined && looking !== undefined) ctx.execution.waitUntil(looking);
  const [made] = await Promise.all([counted(), known === undefined ? looking : undefined]);
  const ms = locks.shutOutMs(key, tools.now()) ?? 0;
  // What was taken of the limit is given back.
  if (ms > 0) return { ...made, outlook: shutOut(ms) };
  if (made.outlook === undefined || !isRefused(made)) return made;
  const penaltyMs = (await noted(locks.violate(key, ctx, tools), ctx)) ?? 0;
  return { ...made, outlook: { ...made.outlook, resetMs: Math.max(made.outlook.resetMs, penaltyMs) } };
}

function shutOut(ms: number): Outlook {
  return { allowed: false, remaining: 0, resetMs: ms };
}

/** What comes of it; undefined, and a note in the log, where nothing does. */
function noted<T>(work: Promise<T>, { record }: Limited): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    record.notes ??= [];
    record.notes.push(`penalty store failed: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  });
}

/** A store of the isolate's own needs no connection. */
function withSlot<T>(
  { budget }: Pick<Limited, "budget">,
  remote: boolean,
  work: () => T | Promise<T>,
): T | Promise<T> {
  return remote ? inSlot(budget, work) : work();
}
