import type { RequestContext } from "../../context.ts";
import { type Refusal, RefusalError, refuse } from "../../errors/refusal.ts";
import type { Resolved } from "../../policies/policy.ts";
import { ExpiringCache } from "../expiring-cache.ts";
import type { Identity } from "../identity.ts";
import type { CompiledExternalAuth } from "./options.ts";
import { permissionOf } from "./permission.ts";
import { presents, questionHeaders, questionKey } from "./question.ts";
import { relayedRedirect } from "./redirect.ts";

/** The challenge where the service has none of its own. */
export const CHALLENGE = 'Bearer realm="api"';

/** Permissions remembered for each declared credential. */
const REMEMBERED = 1_000;

/** Asks a service who calls, and remembers whom it let pass. Refusals are not remembered: they would push these out. */
export class ExternalVerifier {
  readonly #options: Resolved<CompiledExternalAuth>;
  readonly #now: () => number;
  readonly #permissions = new ExpiringCache<Identity>(REMEMBERED);
  /** Where requests that may not pass are sent instead. */
  readonly #redirects = new WeakMap<RequestContext, Response>();

  constructor(options: Resolved<CompiledExternalAuth>, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  verify(ctx: RequestContext): Identity | Promise<Identity | Refusal> {
    const { cache } = this.#options;
    const key = cache && questionKey(ctx, this.#options);
    if (cache === undefined || key === undefined) return this.#ask(ctx);
    const known = this.#permissions.get(key, this.#now());
    if (known !== undefined) return known;
    return this.#ask(ctx).then((verdict) => {
      if ("id" in verdict) this.#permissions.set(key, verdict, this.#now() + cache.ttl);
      return verdict;
    });
  }

  /** The service's redirect for a request that it did not let pass. */
  invite(ctx: RequestContext): Response | undefined {
    return this.#redirects.get(ctx);
  }

  async #ask(ctx: RequestContext): Promise<Identity | Refusal> {
    const { upstream, path, method, forwardHeaders, timeout } = this.#options;
    const headers = questionHeaders(ctx, forwardHeaders);
    const own = method === "original" ? ctx.method : method;
    const question = { method: own, path, search: "", headers, body: null, timeout };
    let answer: Response;
    try {
      answer = await upstream.send(question, ctx.systemContext());
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      return unavailable(
        `${upstream.name} does not answer: ${error.refusal.details.cause ?? error.refusal.code}`,
      );
    }
    // What else it says is for nobody.
    answer.body?.cancel().catch(() => {});
    return this.#read(answer, ctx);
  }

  #read(answer: Response, ctx: RequestContext): Identity | Refusal {
    const { upstream, forwardHeaders, redirects } = this.#options;
    const { status, headers } = answer;
    if (answer.ok) {
      const identity = permissionOf(headers, upstream.name, this.#options);
      return identity ?? unavailable(`${upstream.name} allows and does not say whom`);
    }
    const cause = `${upstream.name} answers ${status}`;
    const challenge = headers.get("www-authenticate");
    if (status === 403) {
      return refuse("insufficient-rights", {
        cause,
        ...(challenge !== null && { headers: [["www-authenticate", challenge]] }),
      });
    }
    const redirect = redirects === "relay" ? relayedRedirect(answer) : undefined;
    if (redirect !== undefined) this.#redirects.set(ctx, redirect);
    else if (status !== 401) return unavailable(cause);
    return refuse(presents(ctx, forwardHeaders) ? "credential-invalid" : "credential-missing", {
      cause,
      headers: [["www-authenticate", challenge ?? CHALLENGE]],
    });
  }
}

function unavailable(cause: string): Refusal {
  return refuse("verification-unavailable", { cause });
}
