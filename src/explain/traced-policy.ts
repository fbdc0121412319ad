import type { KeyedContext, RequestContext } from "../context.ts";
import type { Policy, Verdict } from "../policies/policy.ts";
import { fieldsOf, headerChanges } from "./header-changes.ts";
import type { NotedCounts } from "./noted-counts.ts";
import type { TracedEvent, TracedList } from "./traced.ts";
import type { Tracer } from "./tracer.ts";

const VERDICT_PHASES = ["guard", "authenticate", "authorize", "limit", "validate"] as const;

type Traced = { -readonly [Key in keyof Policy]: Policy[Key] };

/** What a policy has looked for. */
export interface LookedUp {
  /** In the cache. */
  key: string | undefined;
  /** In deny and allow lists. */
  lists: TracedList[];
  /** What it has counted. */
  readonly counts: NotedCounts;
}

/** The policy, with what each of its phases does written down. It does nothing else than before. */
export function tracePolicy(name: string, policy: Policy, tracer: Tracer, looked: LookedUp): Policy {
  const { around, replay, admit, hold, upstream, transform, personalise, finalise, error } = policy;
  const traced: Traced = { ...policy };
  const { url } = tracer.redactor;
  const changed = (before: ReturnType<typeof fieldsOf>, after: Headers): Pick<TracedEvent, "changes"> => {
    const changes = headerChanges(before, fieldsOf(after), tracer.redactor);
    return changes === undefined ? {} : { changes };
  };
  const ofVerdict = (verdict: Verdict): Partial<TracedEvent> => {
    if (verdict === undefined) return {};
    if (verdict instanceof Response) return answers(verdict);
    return { outcome: "refuses", refusal: tracer.refusal(verdict) };
  };
  const ofJudgement = (verdict: Verdict): Partial<TracedEvent> => {
    const { lists } = looked;
    return { ...ofVerdict(verdict), ...(lists.length > 0 && { lists }), ...counted() };
  };
  /** What it has counted since it was last asked. */
  const counted = (): Partial<TracedEvent> =>
    Object.fromEntries(
      Object.entries(looked.counts)
        .filter(([, list]) => list.length > 0)
        .map(([name, list]) => [name, list.splice(0)]),
    );

  for (const phase of VERDICT_PHASES) {
    const step = policy[phase];
    if (step === undefined) continue;
    traced[phase] = (ctx: RequestContext) => {
      looked.lists = [];
      return tracer.run({ phase, name }, ctx, () => step.call(policy, ctx), ofJudgement);
    };
  }
  if (admit !== undefined) {
    traced.admit = (ctx: KeyedContext) =>
      tracer.run({ phase: "admit", name }, ctx, () => admit.call(policy, ctx), ofVerdict);
  }
  if (hold !== undefined) {
    traced.hold = async (ctx, proceed) => {
      let given: ReturnType<typeof fieldsOf> | undefined;
      const work = () =>
        hold.call(policy, ctx, async () => {
          const answer = await proceed();
          given = fieldsOf(answer.headers);
          return answer;
        });
      return tracer.run({ phase: "admit", name }, ctx, work, (answer) =>
        given === undefined ? answers(answer) : { outcome: "passes", ...changed(given, answer.headers) },
      );
    };
  }
  if (around !== undefined) {
    traced.around = async (ctx, proceed) => {
      let given: ReturnType<typeof fieldsOf> | undefined;
      const work = () =>
        around.call(policy, ctx, async (request) => {
          const answer = await proceed(request);
          given = fieldsOf(answer.headers);
          return answer;
        });
      return tracer.run({ phase: "around", name }, ctx, work, (answer) =>
        given === undefined ? answers(answer) : { outcome: "passes", ...changed(given, answer.headers) },
      );
    };
  }
  if (replay !== undefined) {
    traced.replay = async (ctx, proceed) => {
      let proceeded = false;
      looked.key = undefined;
      const work = () =>
        replay.call(policy, ctx, (keyed) => {
          proceeded = true;
          return proceed(keyed);
        });
      return tracer.run({ phase: "replay", name }, ctx, work, (answer) => ({
        ...(proceeded ? { outcome: "passes" } : answers(answer)),
        ...(ctx.record.cache !== undefined && { cache: ctx.record.cache }),
        ...(looked.key !== undefined && { key: readableKey(looked.key, url) }),
      }));
    };
  }
  if (upstream !== undefined) {
    traced.upstream = async (call, ctx, next) => {
      let told: Partial<TracedEvent> = {};
      const before = fieldsOf(call.headers);
      const target = (of: typeof call) => url(`${of.method} ${of.path}${of.search}`);
      const work = () =>
        upstream.call(policy, call, ctx, (sent, context) => {
          const moved = target(sent) !== target(call);
          told = { ...changed(before, sent.headers), ...(moved && { target: target(sent) }) };
          return next(sent, context);
        });
      return tracer.run({ phase: "upstream", name }, ctx, work, () => told);
    };
  }
  for (const phase of ["transform", "personalise"] as const) {
    const step = phase === "transform" ? transform : personalise;
    if (step === undefined) continue;
    // The two differ in the context that they are given, and each is given its own.
    traced[phase] = (ctx: KeyedContext & RequestContext, answer: Response) => {
      const before = fieldsOf(answer.headers);
      const tell = ({ headers }: Response) => ({ ...changed(before, headers), ...counted() });
      return tracer.run({ phase, name }, ctx, () => step.call(policy, ctx, answer), tell);
    };
  }
  if (finalise !== undefined) {
    traced.finalise = (ctx, headers, answer) => {
      const before = fieldsOf(headers);
      const work = () => finalise.call(policy, ctx, headers, answer);
      tracer.run({ phase: "finalise", name }, ctx, work, () => ({ ...changed(before, headers) }));
    };
  }
  if (error !== undefined) {
    traced.error = (ctx, refusal) =>
      tracer.run({ phase: "error", name }, ctx, () => error.call(policy, ctx, refusal), ofVerdict);
  }
  return traced;
}

/** What a key of `cache/key.ts` holds. The values of header fields in it are nobody's to see. */
function readableKey(key: string, redactUrl: (url: string) => string): string {
  try {
    const [, scheme, host, , path, search, identity] = JSON.parse(
      decodeURIComponent(new URL(key).pathname.slice(4)),
    );
    return redactUrl(`${scheme}://${host}${path}${search}`) + (identity === null ? "" : ", of this identity");
  } catch {
    return "a digest: the key is long";
  }
}

function answers({ status }: Response): Pick<TracedEvent, "outcome" | "status"> {
  return { outcome: "answers", status };
}
