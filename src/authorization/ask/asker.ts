import type { RequestContext } from "../../context.ts";
import { type Refusal, RefusalError, refuse } from "../../errors/refusal.ts";
import { ExpiringCache } from "../../identity/expiring-cache.ts";
import { boundedText } from "../../identity/keys/bounded-text.ts";
import { within } from "../../identity/keys/within.ts";
import type { Resolved } from "../../policies/policy.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { Ambiguous, reader } from "../language/read.ts";
import { type Answer, readAnswer } from "./answer.ts";
import type { CompiledAsk } from "./schema.ts";

/** Most bytes of an answer. */
const MAX_ANSWER = 64_000;
/** Decisions remembered for each upstream. */
const REMEMBERED = 1_000;
/** Longest key that is remembered, in characters: what callers send is in it. */
const LONGEST_KEY = 4_000;

/** Asks a service about a request; at once where the decision is remembered. A refusal where it cannot be had. */
export type Asker = (ctx: RequestContext) => Answer | Refusal | Promise<Answer | Refusal>;

/** By upstream: routes that ask the same of one share what it has said. */
const remembered = new WeakMap<Upstream, ExpiringCache<Answer>>();

/** Makes a question ready. Of a request that says two things at once nothing is asked: it is refused. */
export function asker(options: Resolved<CompiledAsk>, now: () => number): Asker {
  const { upstream, cache, toOrigin, input } = options;
  const inputs = Object.entries(input).map(([name, path]) => [name, reader(path)] as const);
  const answers = cache && rememberedOf(upstream);
  const question = JSON.stringify([options.path, input, cache, toOrigin]);

  return (ctx) => {
    let told: Readonly<Record<string, unknown>>;
    try {
      told = Object.fromEntries(inputs.map(([name, read]) => [name, read(ctx)]));
    } catch (error) {
      if (error instanceof Ambiguous)
        return refuse("insufficient-rights", { cause: `authorize: ${error.message}` });
      throw error;
    }
    if (cache === undefined || answers === undefined) return ask(told, options, ctx);
    const key = question + JSON.stringify(Object.fromEntries(cache.by.map((name) => [name, told[name]])));
    const known = answers.get(key, now());
    if (known !== undefined) return known;
    return ask(told, options, ctx).then((answer) => {
      if ("allow" in answer && key.length <= LONGEST_KEY) answers.set(key, answer, now() + cache.ttl);
      return answer;
    });
  };
}

async function ask(
  told: Readonly<Record<string, unknown>>,
  { upstream, path, timeout, toOrigin }: Resolved<CompiledAsk>,
  ctx: RequestContext,
): Promise<Answer | Refusal> {
  const headers = new Headers({ accept: "application/json", "content-type": "application/json" });
  const body = JSON.stringify({ input: told });
  try {
    const text = await within(timeout, async (signal) => {
      const controller = new AbortController();
      signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
      const request = { method: "POST", path, search: "", headers, body, controller };
      return boundedText(await upstream.send(request, ctx.systemContext()), MAX_ANSWER);
    });
    return readAnswer(text, toOrigin);
  } catch (error) {
    const why = error instanceof RefusalError ? error.refusal.details.cause : error;
    const cause = `${upstream.name} does not decide: ${why instanceof Error ? why.message : why}`;
    return refuse("authorization-unavailable", { cause });
  }
}

function rememberedOf(upstream: Upstream): ExpiringCache<Answer> {
  const answers = remembered.get(upstream) ?? new ExpiringCache<Answer>(REMEMBERED);
  remembered.set(upstream, answers);
  return answers;
}
