import * as z from "zod";
import { type BanRules, countFailure } from "../../blocking/bans.ts";
import type { Lists } from "../../blocking/block-lists.ts";
import type { BlockList, Whence } from "../../blocking/snapshot.ts";
import type { RequestContext } from "../../context.ts";
import { type Refusal, refuse } from "../../errors/refusal.ts";
import { inMode, type Mode } from "../../observe/report.ts";
import { duration } from "../../schema/duration.ts";
import { mode } from "../../schema/mode.ts";
import type { BlockEntry } from "../../stores/blocks/block-store.ts";
import type { Policy, Resolved, Tools } from "../policy.ts";

/**
 * Refuses callers by lists that operators edit while the gateway runs: by address, network, autonomous system or country
 * before anything else is looked at; by consumer, identity, or the one key, token or certificate once it is proved.
 * Nobody is told why. A change holds everywhere within ten seconds.
 */
export interface BlockOptions {
  /** Who is on one of these lists is refused. */
  readonly deny?: readonly string[];
  /**
   * Who is on none of these lists is refused; `deny` comes first. They are asked before anything is proved; where one has
   * a consumer, identity or key on it, who calls from elsewhere is asked for credentials and refused unless they are on it.
   */
  readonly allow?: readonly string[];
  /** Bans an address for a time when authentication has failed too often from there, on whichever route that says so. */
  readonly ban?: {
    /** Failed authentications within the window that are too many: 2 to 10,000. An IPv6 address counts by its /64. */
    readonly failures: number;
    /** Window of the clock, such as `"10m"`: whole seconds up to a day. */
    readonly window: string;
    /** How long a ban lasts, such as `"1h"`: up to 30 days. */
    readonly for: string;
    /** The list that bans are put on; it must stand in `deny`. */
    readonly list: string;
  };
  /** `report`: refuses nobody; the access log says whom it would have. Default `enforce`. */
  readonly mode?: Mode;
  /** When the lists cannot be read in time: `deny` (default) answers 503, `allow` goes by those last known. */
  readonly onStoreFailure?: "allow" | "deny";
}

interface Compiled {
  deny: readonly string[];
  allow: readonly string[];
  ban?: BanRules | undefined;
  mode: Mode;
  onStoreFailure: "allow" | "deny";
}

export const uses = ["blocks", "counters"] as const;

/** What a list may be called. */
const LIST_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** @returns the schema of {@link BlockOptions}. */
export function options() {
  const name = z.string().regex(LIST_NAME, "must be lower-case letters, digits and hyphens");
  const schema: z.ZodType<Compiled, BlockOptions> = z
    .strictObject({
      deny: z.array(name).readonly().default([]),
      allow: z.array(name).readonly().default([]),
      ban: z
        .strictObject({
          failures: z.int().min(2).max(10_000),
          window: duration({ min: "1s", max: "1d" }).refine(
            (ms) => ms % 1_000 === 0,
            "must be whole seconds",
          ),
          for: duration({ min: "1s", max: "30d" }),
          list: name,
        })
        .transform(({ failures, window, for: forMs, list }) => ({ failures, windowMs: window, forMs, list }))
        .optional(),
      mode: mode(),
      onStoreFailure: z.enum(["allow", "deny"]).default("deny"),
    })
    .superRefine(({ deny, allow, ban }, ctx) => {
      const say = (path: string[], message: string) => ctx.addIssue({ code: "custom", path, message });
      if (deny.length + allow.length === 0) say([], "names no list: nobody would be refused");
      if (ban !== undefined && !deny.includes(ban.list)) {
        say(["ban", "list"], "must stand in `deny`: else nobody on it would be refused");
      }
    });
  return schema;
}

export function create(options: Resolved<Compiled>, { deps, route }: Pick<Tools, "deps" | "route">): Policy {
  const { deny, allow, ban, mode, onStoreFailure } = options;
  const { blocks, now } = deps;

  const refused = (refusal: Refusal, ctx: RequestContext) => inMode(mode, refusal, "block", ctx);

  /** Who is let in only if they prove to be on a list. */
  const onApproval = new WeakSet<RequestContext>();

  function judgeWhence(ctx: RequestContext, lists: Lists): Refusal | undefined {
    const whence = whenceOf(ctx);
    const at = now();
    const denied = first(deny, lists, (list) => list.whence(whence, at));
    if (denied !== undefined) return refused(blocked(denied), ctx);
    if (allow.length === 0 || first(allow, lists, (list) => list.whence(whence, at)) !== undefined) {
      return undefined;
    }
    if (!route.authenticates || !allow.some((name) => lists.get(name)?.namesCallers)) {
      return refused(onNone(allow), ctx);
    }
    onApproval.add(ctx);
    return undefined;
  }

  function judgeWho(ctx: RequestContext, lists: Lists): Refusal | undefined {
    const { identity, alsoProved } = ctx;
    const at = now();
    const entryOf = (names: readonly string[]) => {
      let entry = identity && first(names, lists, (list) => list.who(identity, at));
      for (const other of alsoProved ?? []) entry ??= first(names, lists, (list) => list.who(other, at));
      return entry;
    };
    const denied = entryOf(deny);
    if (denied !== undefined) return refused(blocked(denied), ctx);
    return onApproval.has(ctx) && entryOf(allow) === undefined ? refused(onNone(allow), ctx) : undefined;
  }

  type Judge = (ctx: RequestContext, lists: Lists) => Refusal | undefined;
  const judged = (judge: Judge) => (ctx: RequestContext) => {
    const lists = blocks.current(ctx.execution);
    return lists instanceof Promise ? whenRead(lists, judge, ctx) : judge(ctx, lists);
  };

  async function whenRead(reading: Promise<Lists>, judge: Judge, ctx: RequestContext) {
    let lists: Lists;
    try {
      lists = await reading;
    } catch (cause) {
      if (onStoreFailure === "deny") return refused(refuse("store-unavailable", { cause }), ctx);
      ctx.record.notes ??= [];
      ctx.record.notes.push("block: the lists could not be read");
      lists = blocks.lastKnown;
    }
    return judge(ctx, lists);
  }

  return {
    guard: judged(judgeWhence),
    ...(route.authenticates && { authorize: judged(judgeWho) }),
    ...(ban !== undefined && {
      error({ address, execution }, { code }) {
        if (code === "credential-invalid") execution.waitUntil(countFailure(address, ban, deps));
        return undefined;
      },
    }),
  };
}

function first(
  names: readonly string[],
  lists: Lists,
  find: (list: BlockList) => BlockEntry | undefined,
): BlockEntry | undefined {
  for (const name of names) {
    const list = lists.get(name);
    const entry = list && find(list);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

function onNone(lists: readonly string[]): Refusal {
  return refuse("blocked", { cause: `on none of the lists ${lists.join(", ")}` });
}

function blocked({ list, kind, value, reason }: BlockEntry): Refusal {
  return refuse("blocked", { cause: `${list}: ${kind} ${value}: ${reason}` });
}

/** Where the platform says that a request comes from. */
function whenceOf({ request, address }: RequestContext): Whence {
  const { asn, country } = (request.cf ?? {}) as Partial<IncomingRequestCfProperties>;
  return { address, asn, country: country ?? undefined };
}
