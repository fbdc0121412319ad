import type { Deps } from "../../deps.ts";
import { Refusal, refuse } from "../../errors/refusal.ts";
import type { Resolved, SharedTools } from "../../policies/policy.ts";
import { heldToRegistry } from "../consumers/held-to-registry.ts";
import type { Credential } from "../credential.ts";
import type { Requirements } from "../declare.ts";
import { rightsJudge } from "../judge-rights.ts";
import type { Login } from "../login.ts";
import { cookieNames } from "../oidc/cookies.ts";
import { KnownSessions } from "../oidc/known-sessions.ts";
import { loginAnswers } from "../oidc/login-answers.ts";
import { Provider } from "../oidc/provider.ts";
import { SECRET_BYTES, Seal } from "../oidc/seal.ts";
import { SessionGate } from "../oidc/session-gate.ts";
import { SiteGuard } from "../oidc/site-guard.ts";
import type { CompiledOidc } from "./oidc-options.ts";

export type { OidcOptions } from "./oidc-options.ts";
export { oidcSchema as options } from "./oidc-schema.ts";
export const uses = ["sessions"] as const;

/** Makes the credential. Those made of one options object share the provider's description and the sessions. */
export function create(
  options: Resolved<CompiledOidc>,
  requirements: Requirements,
  { deps }: Pick<SharedTools, "deps">,
): Credential {
  const challenge = `Cookie realm="api", login="${options.path}/login"`;
  const gate = gateOf(options, challenge, deps);
  if (gate instanceof Refusal) return { challenge, withheld: [], verify: () => gate };
  const judge = heldToRegistry(
    options.registered,
    deps,
    rightsJudge(requirements, (cause) => refuse("insufficient-rights", { cause })),
  );
  return {
    challenge,
    // Its cookies have names of the gateway's own, which no origin is given on any route.
    withheld: [],
    login: gate.login,
    verify(ctx) {
      const verdict = gate.gate.verify(ctx);
      return verdict instanceof Promise
        ? verdict.then((settled) => judge(settled, ctx))
        : judge(verdict, ctx);
    },
  };
}

interface Made {
  readonly gate: SessionGate;
  readonly login: Login;
}

/** Gates by their options: the routes that name one declaration share one options object. */
const gates = new WeakMap<object, Made | Refusal>();

function gateOf(options: Resolved<CompiledOidc>, challenge: string, deps: Deps): Made | Refusal {
  let made = gates.get(options);
  if (made === undefined) {
    made = makeGate(options, challenge, deps);
    gates.set(options, made);
  }
  return made;
}

/** Secrets come with the deployment, so a weak one is found only here: nobody is let in with any of them. */
function makeGate(options: Resolved<CompiledOidc>, challenge: string, deps: Deps): Made | Refusal {
  const { issuer, clientId, session, path, upstreamToken, rolesClaim, consumerClaim, scopes } = options;
  const secrets = session.secret.map((secret) => secret ?? "");
  if (secrets.some((secret) => new TextEncoder().encode(secret).length < SECRET_BYTES)) {
    const cause = `a session secret of the oidc credential is shorter than ${SECRET_BYTES} bytes`;
    return refuse("configuration-missing", { cause });
  }
  if (issuer.startsWith("http:") && !deps.development) {
    return refuse("configuration-missing", { cause: "an issuer on http is for development only" });
  }
  const rules = { ...session, upstreamToken, rolesClaim, consumerClaim };
  const seal = new Seal(secrets, `oidc ${issuer} ${clientId} ${path}`, deps.random);
  const parts = {
    challenge,
    path,
    scopes,
    names: cookieNames(path),
    rules,
    siteGuard: new SiteGuard(seal, options.trustedOrigins),
    seal,
    known: new KnownSessions(seal, rules, `${issuer} ${clientId}`),
    provider: new Provider(options, deps),
    store: deps.sessions,
    deps,
  };
  const gate = new SessionGate(parts);
  const { afterLogout } = options;
  const { random, keySets } = deps;
  return { gate, login: loginAnswers({ ...parts, issuer, clientId, afterLogout, gate, random, keySets }) };
}
