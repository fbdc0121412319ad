import type { RequestContext } from "../../context.ts";
import { type Refusal, RefusalError, refuse } from "../../errors/refusal.ts";
import type { Resolved } from "../../policies/policy.ts";
import { mayChange, SiteRule } from "../cross-site/site-rule.ts";
import { ExpiringCache } from "../expiring-cache.ts";
import { type Decision, Flights } from "../flights.ts";
import type { Identity } from "../identity.ts";
import { clientFieldsOf, giveToClient } from "./client-fields.ts";
import type { CompiledExternalAuth } from "./options.ts";
import { permissionOf } from "./permission.ts";
import { presents, questionHeaders, questionKey } from "./question.ts";
import { relayedRedirect } from "./redirect.ts";

/** The challenge where the service has none of its own. */
export const CHALLENGE = 'Bearer realm="api"';

/** Permissions remembered for each declared credential. */
const REMEMBERED = 1_000;

/** Others go by a question for its timeout and this, in ms. */
const LEEWAY_MS = 1_000;

/**
 * Asks a service who calls, about each request once whoever names the credential, and remembers whom it let pass.
 * Refusals are not remembered: they would push these out.
 */
export class ExternalVerifier {
  readonly #options: Resolved<CompiledExternalAuth>;
  readonly #now: () => number;
  readonly #permissions = new ExpiringCache<Identity>(REMEMBERED);
  readonly #flights: Flights;
  /** Undefined where no forwarded field is sent by whatever page asks for it. */
  readonly #sites: SiteRule | undefined;
  /** What was found out for requests: the service may end a session, or begin another, by being asked. */
  readonly #asked = new WeakMap<RequestContext, Promise<Decision>>();
  /** Where requests that may not pass are sent instead. */
  readonly #redirects = new WeakMap<RequestContext, Response>();
  /** Refusals that came with one of these: their cookies and states are for one browser. */
  readonly #alone = new WeakSet<Refusal>();
  /** What the callers of requests are given of the service's answers. */
  readonly #clientFields = new WeakMap<RequestContext, ReturnType<typeof clientFieldsOf>>();

  constructor(options: Resolved<CompiledExternalAuth>, now: () => number) {
    this.#options = options;
    this.#now = now;
    this.#flights = new Flights(options.timeout + LEEWAY_MS, now);
    this.#sites = options.forwardHeaders.includes("cookie")
      ? new SiteRule(options.trustedOrigins)
      : undefined;
  }

  verify(ctx: RequestContext): Decision | Promise<Decision> {
    const refusal = this.#siteRefusal(ctx);
    if (refusal !== undefined) return refusal;
    const asked = this.#asked.get(ctx);
    if (asked !== undefined) return asked;
    const { cache } = this.#options;
    const key = cache && questionKey(ctx, this.#options);
    const known = key === undefined ? undefined : this.#permissions.get(key, this.#now());
    if (known !== undefined) return known;
    const asking = key === undefined ? this.#ask(ctx) : this.#askTogether(key, cache?.ttl ?? 0, ctx);
    this.#asked.set(ctx, asking);
    return asking;
  }

  /** Gives the caller what the service had for it: once, although several rules may name the credential. */
  finalise(ctx: RequestContext, headers: Headers): void {
    const fields = this.#clientFields.get(ctx);
    if (fields === undefined || !this.#clientFields.delete(ctx)) return;
    giveToClient(fields, headers);
  }

  /** The service's redirect for a request that it did not let pass. */
  invite(ctx: RequestContext): Response | undefined {
    return this.#redirects.get(ctx);
  }

  /** The service cannot know which page had a browser send its cookies. */
  #siteRefusal(ctx: RequestContext): Refusal | undefined {
    if (this.#sites === undefined || !mayChange(ctx) || !ctx.request.headers.has("cookie")) return undefined;
    return this.#sites.refusal(ctx);
  }

  async #askTogether(key: string, ttl: number, ctx: RequestContext): Promise<Decision> {
    const put = async () => {
      const verdict = await this.#ask(ctx);
      if ("id" in verdict) this.#permissions.set(key, verdict, this.#now() + ttl);
      return verdict;
    };
    try {
      return await this.#flights.ask(key, ctx, put, (refusal) => this.#alone.has(refusal));
    } catch (cause) {
      return unavailable(`${this.#options.upstream.name}: ${cause instanceof Error ? cause.message : cause}`);
    }
  }

  async #ask(ctx: RequestContext): Promise<Decision> {
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

  #read(answer: Response, ctx: RequestContext): Decision {
    const { upstream, forwardHeaders, redirects, toClient } = this.#options;
    const { status, headers } = answer;
    if (answer.ok || status === 401 || status === 403) {
      const fields = clientFieldsOf(headers, toClient);
      if (fields.length > 0) this.#clientFields.set(ctx, fields);
    }
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
    const refusal = refuse(presents(ctx, forwardHeaders) ? "credential-invalid" : "credential-missing", {
      cause,
      headers: [["www-authenticate", challenge ?? CHALLENGE]],
    });
    if (redirect !== undefined) this.#alone.add(refusal);
    return refusal;
  }
}

function unavailable(cause: string): Refusal {
  return refuse("verification-unavailable", { cause });
}
