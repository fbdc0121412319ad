import type { RequestContext } from "../../src/context.ts";
import type { Deps } from "../../src/deps.ts";
import { secret } from "../../src/env.ts";
import type { Credential } from "../../src/identity/credential.ts";
import * as basic from "../../src/identity/credentials/basic.ts";
import * as hmac from "../../src/identity/credentials/hmac.ts";
import * as introspection from "../../src/identity/credentials/introspection.ts";
import * as jwt from "../../src/identity/credentials/jwt.ts";
import * as mtls from "../../src/identity/credentials/mtls.ts";
import * as webhook from "../../src/identity/credentials/webhook.ts";
import type { Requirements } from "../../src/identity/declare.ts";
import { hashPassword } from "../../src/identity/passwords/derive.ts";
import { formatPasswordHash } from "../../src/identity/passwords/password-hash.ts";
import { createMemoryNonces } from "../../src/stores/nonces/memory.ts";
import { upstream } from "../../src/upstream/declare.ts";
import type { Upstream } from "../../src/upstream/upstream.ts";
import { TLS_CLIENT_AUTH } from "../support/client-certificate.ts";
import { httpSignature, signed } from "./signatures/http-signer.ts";
import { asked, digest, hex, mac, withSecrets } from "./signatures/support.ts";
import {
  AUDIENCE,
  bearing,
  context,
  GOOD,
  ISSUER,
  inlineIssuer,
  NOW,
  noKeySets,
  running,
  SECONDS,
  testKey,
} from "./support.ts";

/** Declares a credential, and presents what holds. `acme` is who calls, and which consumer they name. */
export interface Caller {
  /** @param more of the options */
  declare(more?: object, deps?: Partial<Deps>, requirements?: Requirements): Credential;
  present(): Promise<RequestContext & { readonly background?: Array<Promise<unknown>> }>;
  /** Options that say which consumer calls. */
  readonly naming: object;
}

const SECRET = "a secret that caller and gateway share";
const PASSWORD = "correct horse";
const random = (bytes: Uint8Array) => crypto.getRandomValues(bytes);
const key = await testKey("ES256");
const token = await key.sign({ ...GOOD, org: "acme", scope: "read", plan: "free" });
const hash = formatPasswordHash(
  await hashPassword(PASSWORD, { algorithm: "SHA-256", iterations: 10_000 }, random),
);

const now = () => NOW;
const depsOf = (more: Partial<Deps> = {}) => ({
  deps: { now, random, nonces: createMemoryNonces(now), keySets: noKeySets, ...more } as unknown as Deps,
});
/** What the directory of consumers needs of a request, beside what a signature does. */
const withExecution = (ctx: RequestContext) => Object.assign(ctx, { execution: { waitUntil: () => {} } });

type Kind = "basic" | "hmac" | "httpSignature" | "introspection" | "jwt" | "mtls" | "webhook";

/** Every kind of credential whose callers have an identity of their own, but for people who log in. */
export const callers: Readonly<Record<Kind, Caller>> = {
  basic: {
    declare(more = {}, deps, requirements = {}) {
      const compiled = basic.options().parse({ users: { acme: secret("HASH") }, ...more });
      const resolved = withSecrets(compiled, { HASH: hash });
      return basic.create(resolved as never, requirements, depsOf(deps));
    },
    present: async () => context({ headers: { authorization: `Basic ${btoa(`acme:${PASSWORD}`)}` } }),
    naming: { consumers: { acme: "acme" } },
  },
  hmac: {
    declare(more = {}, deps, requirements = {}) {
      const compiled = hmac.options().parse({ keys: { acme: secret("SECRET") }, ...more });
      return hmac.create(withSecrets(compiled, { SECRET }) as never, requirements, depsOf(deps));
    },
    async present() {
      const body = hex(await digest(""));
      const text = ["HMAC-SHA256", "acme", SECONDS, "", "GET", "/", "", body].join("\n");
      const signature = btoa(String.fromCharCode(...(await mac(SECRET, text))));
      const authorization = `HMAC key="acme", timestamp="${SECONDS}", signature="${signature}"`;
      return withExecution(asked({ headers: { authorization } }));
    },
    naming: { consumers: { acme: "acme" } },
  },
  httpSignature: {
    declare: (more = {}, deps = {}, requirements = {}) =>
      httpSignature(more, { now: (() => NOW) as never, ...depsOf(deps) }, requirements),
    present: async () => withExecution(await signed({ keyid: "ed" })),
    naming: { consumers: { ed: "acme", ec: "acme", rsa: "acme", shared: "acme" } },
  },
  introspection: {
    declare(more = {}, deps, requirements = {}) {
      const written = {
        upstream: upstream("login", { origin: ISSUER }),
        path: "/introspect",
        clientId: "gateway",
        clientSecret: secret("SECRET"),
        issuer: ISSUER,
        audience: AUDIENCE,
      };
      const send: Upstream["send"] = async () =>
        Response.json({ active: true, ...GOOD, org: "acme", scope: "read", plan: "free" });
      const login = { name: "login", send } as Upstream;
      const resolved = running(introspection.options().parse({ ...written, ...more }), login);
      return introspection.create(resolved as never, requirements, depsOf(deps));
    },
    present: async () => bearing("opaque"),
    naming: { consumerClaim: "org" },
  },
  jwt: {
    declare(more = {}, deps, requirements = {}) {
      const { issuers, ...rest } = { issuers: {}, ...more };
      const written = { issuers: { ...inlineIssuer([key]), ...issuers }, ...rest };
      const resolved = running(jwt.options().parse(written));
      return jwt.create(resolved as never, requirements, depsOf(deps));
    },
    present: async () => bearing(token),
    naming: { issuers: { consumerClaim: "org" } },
  },
  mtls: {
    declare: (more = {}, deps, requirements = {}) =>
      mtls.create(mtls.options().parse(more) as never, requirements, depsOf(deps)),
    present: async () => context({ cf: { tlsClientAuth: TLS_CLIENT_AUTH } }),
    naming: { consumerClaim: "CN" },
  },
  webhook: {
    declare(more = {}, deps, requirements = {}) {
      const compiled = webhook.options().parse({ provider: "github", secret: secret("SECRET"), ...more });
      return webhook.create(withSecrets(compiled, { SECRET }) as never, requirements, depsOf(deps));
    },
    async present() {
      const headers = { "x-hub-signature-256": `sha256=${hex(await mac(SECRET, "{}"))}` };
      return withExecution(asked({ headers, body: "{}", method: "POST" }));
    },
    naming: {},
  },
};
