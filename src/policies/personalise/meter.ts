import type { RequestContext } from "../../context.ts";
import type { Deps } from "../../deps.ts";
import { type Refusal, RefusalError, refuse } from "../../errors/refusal.ts";
import { LimitRefusal, uncounted } from "../../limits/refusals.ts";
import { type CheckedMeter, type Meter, makeMeter } from "../../metering/meter.ts";
import type { Entry } from "../../metering/meters.ts";
import { inMode, type Mode } from "../../observe/report.ts";
import { within } from "../../stores/counters/time-bound.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import type { Policy, Resolved, Tools } from "../policy.ts";

export { check, checkAll, requestReferences } from "../../metering/check.ts";
export { meterSchema as options } from "../../metering/schema.ts";

/** A value of the request, the answer or the identity. */
type Named =
  | `identity.claims.${string}`
  | `response.headers.${string}`
  | `headers.${string}`
  | `params.${string}`
  | `query.${string}`;

/**
 * Counts what is billed. Events are added up by consumer, minute and dimensions, and sent as CloudEvents to a billing
 * endpoint, each batch with an `Idempotency-Key`, until it has answered 2xx: so at least once, and in order. What it
 * answers with another 4xx than 408, 425 and 429 is put aside for the admin API. Only answers count, never refusals of the gateway.
 */
export interface MeterOptions {
  /** What is counted, such as `"api.call"`: the event's `type`. */
  readonly event: string;
  /**
   * How much a request is: a whole number from 1 to a billion, or where the answer or the request says it, such as
   * `"response.headers.x-tokens"`. Where that is no whole number nothing is counted, and the access log says so.
   * What the caller sends is the caller's word. Default 1.
   */
  readonly value?: number | Named;
  /**
   * What events are told apart by, by name, such as `{ route: "route.id" }`: up to 8, each value at most 128 characters.
   * Of more than 1,000 different sets an hour and consumer the others are added up as `{ "overflow": "true" }`.
   */
  readonly dimensions?: Readonly<
    Record<
      string,
      | "route.id"
      | "request.method"
      | "response.status"
      | "identity.plan"
      | "identity.consumer"
      | "identity.id"
      | Named
    >
  >;
  /**
   * Who pays: the event's `subject`. Default: the registered consumer that the credential belongs to
   * (`identity.consumer`), else `identity.id`. Who has none is `anonymous`.
   */
  readonly by?: "identity.consumer" | "identity.id" | "identity.subject" | `identity.claims.${string}`;
  /** Which answers count. */
  readonly when?: {
    /** Whether answers of 400 and more count too, when the origin has given them. Default false. */
    readonly errors?: boolean | undefined;
    /** Whether answers from the cache count. Default true. */
    readonly hits?: boolean | undefined;
  };
  /**
   * `true`: the event is on disk before the answer's headers go out, and where it cannot be in time the answer is 503.
   * `false` (default): events are written after the answer, five seconds later at most, and an isolate that dies before
   * takes them with it.
   */
  readonly durable?: boolean;
  /** Where events go. */
  readonly to: {
    /** The billing endpoint. What it is declared to present, such as a key, batches are sent with. */
    readonly upstream: UpstreamDeclaration;
    /** Path below its origin, such as `/v1/events`. */
    readonly path: string;
    /** How long events gather: from `"1s"` to `"1d"`. Default `"10s"`. */
    readonly every?: string;
    /** Most events of a batch: 1 to 1,000. Default 500. */
    readonly batch?: number;
  };
  /**
   * Refuses with 402 who has no credit left; one meter of a route. Credit is added through the admin API. Costs a call
   * to a Durable Object before the action; 503 where it cannot be reached. What it refuses consumes nothing of rate
   * limits and quotas.
   */
  readonly prepaid?: {
    /**
     * Units that are reserved before the action, and the most that a request is charged: so credit never falls below
     * zero. What the answer does not use up is given back. Where `value` is a number, that number.
     */
    readonly reserve: number;
  };
  /** `report`: a prepaid meter refuses nobody; the access log says whom it would have, and they are not charged. Default `enforce`. */
  readonly mode?: Mode;
}

/** A route may have several meters; `create` makes them as one. */
export const repeatable = true;
export const uses = ["meters"] as const;

/** Longest that an answer waits for its event, in ms. */
const DURABLE_MS = 5_000;
const MINUTE_MS = 60_000;

/** What a request has reserved. */
interface Reserved {
  readonly id: string;
  readonly subject: string;
}

/** All the meters of a route. */
export function create(
  options: Resolved<ReadonlyArray<CheckedMeter<UpstreamDeclaration>>>,
  {
    deps,
    route,
  }: { readonly deps: Pick<Deps, "meters" | "now">; readonly route: Pick<Tools["route"], "id"> },
): Policy {
  const { meters: sink, now } = deps;
  const meters = (options as ReadonlyArray<CheckedMeter<{ readonly name: string }>>).map((each) =>
    makeMeter(each, route.id),
  );
  const prepaid = meters.find((meter) => meter.prepaid !== undefined);
  const held = new WeakMap<RequestContext, Reserved>();

  function settle(ctx: RequestContext, charge: number): Entry["settled"] {
    const reserved = held.get(ctx);
    if (reserved === undefined) return undefined;
    held.delete(ctx);
    return { id: reserved.id, charge };
  }

  function giveBack(ctx: RequestContext): undefined {
    const subject = held.get(ctx)?.subject;
    const settled = settle(ctx, 0);
    if (subject !== undefined) sink.note(subject, { settled }, ctx.execution);
  }

  /** @returns what has to be written before the answer goes */
  function count(meter: Meter, ctx: RequestContext, response: Response): Promise<void> | undefined {
    const counts = (meter.errors || response.status < 400) && (meter.hits || !isHit(ctx));
    const value = counts ? meter.value(ctx, response) : undefined;
    if (value === undefined) {
      if (counts) {
        ctx.record.notes ??= [];
        ctx.record.notes.push(`meter: ${meter.event} has no value`);
      }
      return meter === prepaid ? giveBack(ctx) : undefined;
    }
    const { event, names, to } = meter;
    const values = meter.values(ctx, response);
    const metered = { event, value, minute: Math.floor(now() / MINUTE_MS), values, names, to };
    const entry: Entry = { metered, settled: meter === prepaid ? settle(ctx, value) : undefined };
    const subject = meter.subject(ctx);
    if (meter.durable) return sink.commit(subject, entry, ctx.execution);
    sink.note(subject, entry, ctx.execution);
    return undefined;
  }

  async function written(writing: Promise<void>, ctx: RequestContext, response: Response): Promise<Response> {
    try {
      await within(Math.min(DURABLE_MS, ctx.budget.remaining(now())), writing, "meters");
      return response;
    } catch (cause) {
      await response.body?.cancel();
      throw new RefusalError(refuse("store-unavailable", { cause }));
    }
  }

  async function reserve(ctx: RequestContext, meter: Meter): Promise<Refusal | undefined> {
    const subject = meter.subject(ctx);
    const id = sink.newId();
    const units = meter.prepaid!.reserve;
    let credit: Awaited<ReturnType<typeof sink.store.reserve>>;
    try {
      credit = await within(
        Math.min(DURABLE_MS, ctx.budget.remaining(now())),
        sink.store.reserve(subject, id, units),
        "meters",
      );
    } catch (cause) {
      // It may be reserved all the same.
      sink.note(subject, { settled: { id, charge: 0 } }, ctx.execution);
      return inMode(meter.mode, uncounted(cause), "meter", ctx);
    }
    if (credit.granted) {
      held.set(ctx, { id, subject });
      return undefined;
    }
    const left = Math.max(0, credit.balance - credit.reserved);
    const detail = `A request reserves ${units} of the caller's credit, of which ${left} is left.`;
    return inMode(meter.mode, new LimitRefusal("credit-used-up", { detail }), "meter", ctx);
  }

  return {
    ...(prepaid !== undefined && {
      limit: (ctx: RequestContext) => reserve(ctx, prepaid),
      error: giveBack,
    }),
    personalise(ctx, response) {
      let writing: Promise<void> | undefined;
      for (const meter of meters) {
        const next = count(meter, ctx, response);
        if (next !== undefined) writing = writing === undefined ? next : both(writing, next);
      }
      return writing === undefined ? response : written(writing, ctx, response);
    },
  };
}

/** Whether the answer was in store: what is revalidated or missed has asked the origin. */
function isHit({ record }: RequestContext): boolean {
  return record.cache === "hit" || record.cache === "stale";
}

async function both(one: Promise<void>, other: Promise<void>): Promise<void> {
  await Promise.all([one, other]);
}
