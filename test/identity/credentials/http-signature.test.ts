import { beforeAll, describe, expect, it } from "vitest";
import { secret } from "../../../src/env.ts";
import {
  create,
  type HttpSignatureKey,
  type HttpSignatureOptions,
  options,
} from "../../../src/identity/credentials/http-signature.ts";
import type { Requirements } from "../../../src/identity/declare.ts";
import { type Asked, asked, base64, digest, mac, surroundings, withSecrets } from "../signatures/support.ts";
import { identity, refusal, SECONDS, shown } from "../support.ts";

const SHARED = "a secret that caller and gateway share";
const VALUES = { SHARED, SHORT: "short" };

type Sign = (base: Uint8Array) => Promise<Uint8Array>;
const signs: Record<string, Sign> = {};
const keys: Record<string, HttpSignatureKey> = {};

beforeAll(async () => {
  const pairs = {
    ed: ["Ed25519", "Ed25519"],
    ec: [
      { name: "ECDSA", namedCurve: "P-256" },
      { name: "ECDSA", hash: "SHA-256" },
    ],
    rsa: [
      { name: "RSA-PSS", hash: "SHA-512", modulusLength: 2_048, publicExponent: new Uint8Array([1, 0, 1]) },
      { name: "RSA-PSS", saltLength: 64 },
    ],
  } as const;
  for (const [id, [generate, sign]] of Object.entries(pairs)) {
    const pair = (await crypto.subtle.generateKey(generate as never, true, [
      "sign",
      "verify",
    ])) as CryptoKeyPair;
    const { kty, crv, n, e, x, y } = (await crypto.subtle.exportKey("jwk", pair.publicKey)) as JsonWebKey;
    const jwk = Object.fromEntries(
      Object.entries({ kty, crv, n, e, x, y }).filter(([, value]) => value !== undefined),
    );
    keys[id] = { publicKey: jwk };
    signs[id] = async (base) =>
      new Uint8Array(await crypto.subtle.sign(sign as never, pair.privateKey, base));
  }
  keys.shared = { secret: secret("SHARED") };
  signs.shared = (base) => mac(SHARED, base);
});

function httpSignature(
  more: Partial<HttpSignatureOptions> = {},
  given = surroundings(),
  requirements: Requirements = {},
) {
  const compiled = withSecrets(options().parse({ keys, ...more }), VALUES);
  return create(compiled as unknown as Parameters<typeof create>[0], requirements, given);
}

interface Signing extends Asked {
  readonly keyid?: string;
  /** Whose key really signs. */
  readonly by?: string;
  /** Component identifiers, as they are written. */
  readonly covered?: readonly string[];
  /** Further parameters, as they are written. */
  readonly parameters?: string;
  readonly created?: number | null;
  readonly label?: string;
}

/** The fields that a signer adds, with values of components made from the request as the RFC describes. */
async function signature({ keyid = "ed", by = keyid, created = SECONDS, label = "sig1", ...rest }: Signing) {
  const { method = "GET", url = "https://api.example/", headers = {}, parameters = "" } = rest;
  const { covered = ['"@method"', '"@target-uri"'] } = rest;
  const { host, pathname, search, protocol } = new URL(url);
  const values: Readonly<Record<string, string>> = {
    '"@method"': method,
    '"@target-uri"': url,
    '"@authority"': host,
    '"@scheme"': protocol.slice(0, -1),
    '"@request-target"': pathname + search,
    '"@path"': pathname,
    '"@query"': search || "?",
    '"@query-param";name="a"': "1",
    '"@query-param";name="b%20c"': "x%20y%7E%21",
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [`"${name}"`, value])),
  };
  const time = created === null ? "" : `;created=${created}`;
  const list = `(${covered.join(" ")})${time};keyid="${keyid}"${parameters}`;
  const lines = covered.map((component) => `${component}: ${values[component] ?? ""}`);
  const base = [...lines, `"@signature-params": ${list}`].join("\n");
  const bytes = await signs[by]!(new TextEncoder().encode(base));
  return { "signature-input": `${label}=${list}`, signature: `${label}=:${base64(bytes)}:` };
}

async function signed(signing: Signing = {}, changed: Asked = {}) {
  const fields = await signature(signing);
  return asked({ ...signing, ...changed, headers: { ...fields, ...signing.headers, ...changed.headers } });
}

const BODY = '{"tea":1}';
async function posting(more: Partial<Signing> = {}): Promise<Signing> {
  const headers = { "content-digest": `sha-256=:${base64(await digest(BODY))}:` };
  const covered = ['"@method"', '"@target-uri"', '"content-digest"'];
  return { method: "POST", url: "https://api.example/orders?a=1", body: BODY, headers, covered, ...more };
}

const CHALLENGE = 'Signature realm="api", components="@method @target-uri"';
const codeOf = async (ctx: Promise<Parameters<ReturnType<typeof create>["verify"]>[0]>, more = {}) =>
  refusal(await httpSignature(more).verify(await ctx)).code;

describe("a signature", () => {
  it.each(["ed", "ec", "rsa", "shared"])("with the key %s says who calls", async (keyid) => {
    expect(identity(await httpSignature().verify(await signed({ keyid })))).toEqual({
      id: `http-signature:api#${keyid}`,
      subject: keyid,
      issuer: "http-signature:api",
      claims: {},
      scopes: [],
      credential: "httpSignature",
    });
    for (const by of ["ed", "ec", "rsa", "shared"].filter((each) => each !== keyid))
      expect(await codeOf(signed({ keyid, by }))).toBe("credential-invalid");
  });

  it("covers what it says, by every name that there is", async () => {
    const url = "https://api.example/orders/%7e?a=1&b+c=x+y~!";
    const covered = [
      "@method",
      "@target-uri",
      "@authority",
      "@scheme",
      "@request-target",
      "@path",
      "@query",
      "x-tenant",
    ].map((name) => `"${name}"`);
    covered.push('"@query-param";name="a"', '"@query-param";name="b%20c"');
    const signing = { url, covered, headers: { "x-tenant": "tea" } };
    identity(await httpSignature().verify(await signed(signing)));
    const changes: readonly Asked[] = [
      { method: "HEAD" },
      { url: url.replace("%7e", "~") },
      { url: url.replace("a=1", "a=2") },
      { url: url.replace("api.", "apis.") },
      { url: url.replace("https", "http") },
      { headers: { "x-tenant": "coffee" } },
    ];
    for (const change of changes)
      expect([change, await codeOf(signed(signing, change))]).toEqual([change, "credential-invalid"]);
  });

  it("is of the authority without the port that goes without saying", async () => {
    const signing = { covered: ['"@method"', '"@target-uri"', '"@authority"'] };
    for (const url of ["https://api.example:8443/", "http://api.example:8080/"])
      identity(await httpSignature().verify(await signed({ ...signing, url })));
    const plain = await signature({ ...signing, url: "https://api.example/" });
    const ctx = asked({ headers: plain });
    Object.defineProperty(ctx.request, "url", { value: "https://API.example:443/" });
    identity(await httpSignature().verify(ctx));
  });

  it("must cover what is asked for", async () => {
    const components = ["@method", "@path", "x-tenant"];
    const headers = { "x-tenant": "tea" };
    const covered = components.map((name) => `"${name}"`);
    const full = await signed({ covered, headers });
    identity(await httpSignature({ components }).verify(full));
    for (const name of covered) {
      const less = signed({ covered: covered.filter((each) => each !== name), headers });
      expect([name, await codeOf(less, { components })]).toEqual([name, "credential-invalid"]);
    }
    expect(await codeOf(signed({ covered: [] }))).toBe("credential-invalid");
  });

  it("may stand beside others, of which one must hold", async () => {
    const [ours, theirs, wrong] = await Promise.all([
      signature({ label: "ours" }),
      signature({ label: "theirs", keyid: "stranger", by: "ec" }),
      signature({ label: "wrong", by: "ec" }),
    ]);
    const beside = (...all: ReadonlyArray<typeof ours>) =>
      asked({
        headers: {
          "signature-input": all.map((each) => each["signature-input"]).join(", "),
          signature: all.map((each) => each.signature).join(", "),
        },
      });
    for (const all of [
      [ours, theirs],
      [theirs, ours],
      [wrong, theirs, ours],
    ])
      identity(await httpSignature().verify(beside(...all)));
    refusal(await httpSignature().verify(beside(theirs, wrong)));
    refusal(await httpSignature().verify(beside(theirs)));
  });

  it("must have the tag that is asked for", async () => {
    const tagged = await signed({ parameters: ';tag="orders"' });
    identity(await httpSignature({ tag: "orders" }).verify(tagged));
    expect(await codeOf(signed({ parameters: ';tag="other"' }), { tag: "orders" })).toBe(
      "credential-invalid",
    );
    expect(await codeOf(signed(), { tag: "orders" })).toBe("credential-invalid");
  });
});

describe("its time", () => {
  it("is from its creation on for five minutes, or what is declared, give or take ten seconds", async () => {
    const at = async (created: number, more: Partial<HttpSignatureOptions> = {}) =>
      httpSignature(more).verify(await signed({ created: SECONDS + created }));
    for (const created of [-309, 0, 10]) identity(await at(created));
    for (const created of [-310, 11]) refusal(await at(created));
    const strict = { maxAge: "30s", tolerance: "0s" };
    for (const created of [-29, 0]) identity(await at(created, strict));
    for (const created of [-30, 1]) refusal(await at(created, strict));
    expect(await shown(await at(-310))).toMatchObject({
      status: 401,
      challenge: CHALLENGE,
      body: { code: "credential-invalid", detail: "The signature is not of this time" },
    });
  });

  it("ends when it says, but never later", async () => {
    const until = async (expires: number, created = 0) =>
      httpSignature({ tolerance: "0s" }).verify(
        await signed({ created: SECONDS + created, parameters: `;expires=${SECONDS + expires}` }),
      );
    identity(await until(1));
    refusal(await until(0));
    refusal(await until(-1));
    refusal(await until(10_000, -300));
  });

  it.each([
    ["no created", { created: null }],
    ["a created with a fraction", { created: SECONDS + 0.5 }],
    ["an expires that is text", { parameters: ';expires="9999999999"' }],
    ["an expires that is true", { parameters: ";expires" }],
  ])("is told: %s is refused", async (_, signing) => {
    expect(await codeOf(signed(signing))).toBe("credential-invalid");
  });
});

describe("a nonce", () => {
  const parameters = ';nonce="0123456789"';

  it("lets a request through once, and what has not been proved uses none", async () => {
    const given = surroundings();
    const credential = httpSignature({ nonce: true }, given);
    refusal(await credential.verify(await signed({ parameters, by: "ec" })));
    refusal(await credential.verify(await signed(await posting({ parameters }), { body: "forged" })));
    identity(await credential.verify(await signed({ parameters })));
    expect(refusal(await credential.verify(await signed({ parameters }))).details.cause).toContain("copy");
    identity(await credential.verify(await signed({ parameters, keyid: "ec" })));
    given.now.advance(309_000);
    refusal(await credential.verify(await signed({ parameters })));
  });

  it.each(["", ';nonce="short"', ";nonce", ";nonce=12345678", `;nonce="${"x".repeat(257)}"`])(
    "is there where it is asked for, and not as %j",
    async (bad) => {
      expect(await codeOf(signed({ parameters: bad }), { nonce: true })).toBe("credential-invalid");
    },
  );

  it("that cannot be looked up lets nobody in", async () => {
    const given = surroundings({ nonces: { use: () => Promise.reject(new Error("no store")) } });
    const verdict = await httpSignature({ nonce: true }, given).verify(await signed({ parameters }));
    expect(refusal(verdict).code).toBe("store-unavailable");
  });
});

describe("a body", () => {
  it("is covered by its digest, and left for whoever reads it next", async () => {
    const ctx = await signed(await posting());
    identity(await httpSignature().verify(ctx));
    expect(await ctx.request.text()).toBe(BODY);
    expect(await codeOf(signed(await posting(), { body: `${BODY} ` }))).toBe("credential-invalid");
  });

  it("must be, unless it is declared otherwise, or empty", async () => {
    const bare = await posting({ covered: ['"@method"', '"@target-uri"'] });
    expect(await codeOf(signed(bare))).toBe("credential-invalid");
    identity(await httpSignature({ digest: false }).verify(await signed(bare)));
    identity(await httpSignature().verify(await signed({ ...bare, body: "" })));
  });

  it.each([
    ["of an algorithm that is not known", "md5=:AAAA:"],
    ["malformed", "sha-256=AAAA"],
    ["a list", 'sha-256=("x")'],
    ["empty", ""],
    ["right in one hash and wrong in the other", "RIGHT, sha-512=:AAAA:"],
  ])("whose digest is %s is refused", async (_, field) => {
    const right = `sha-256=:${base64(await digest(BODY))}:`;
    const headers = { "content-digest": field.replace("RIGHT", right) };
    expect(await codeOf(signed(await posting({ headers })))).toBe("credential-invalid");
  });

  it("may have several digests, and some that are not known", async () => {
    const digests = [
      `sha-512=:${base64(await digest(BODY, "SHA-512"))}:`,
      `sha-256=:${base64(await digest(BODY))}:`,
      "unixsum=:AAAA:",
    ];
    const headers = { "content-digest": digests.join(", ") };
    identity(await httpSignature().verify(await signed(await posting({ headers }))));
  });

  it("is not read beyond what the route takes", async () => {
    expect(await codeOf(signed(await posting({ bodyLimit: 3 })))).toBe("body-too-large");
  });
});

describe("hostile fields", () => {
  const good = () => signature({});
  it.each([
    ["a signature alone", async () => ({ signature: (await good()).signature })],
    ["an input alone", async () => ({ "signature-input": (await good())["signature-input"] })],
    ["another label", async () => ({ ...(await good()), signature: "sig2=:AAAA:" })],
    ["a signature that is text", async () => ({ ...(await good()), signature: 'sig1="AAAA"' })],
    ["a signature that is a list", async () => ({ ...(await good()), signature: "sig1=(:AAAA:)" })],
    ["an empty signature", async () => ({ ...(await good()), signature: "sig1=::" })],
    ["a short signature", async () => ({ ...(await good()), signature: "sig1=:AAAA:" })],
    ["an input that is no list", async () => ({ ...(await good()), "signature-input": "sig1=1" })],
    ["rubbish", async () => ({ "signature-input": '"', signature: "(" })],
    [
      "one label twice",
      async () => ({ ...(await good()), signature: `${(await good()).signature}, sig1=:AAAA:` }),
    ],
    [
      "nine signatures",
      async () => ({
        ...(await good()),
        "signature-input": Array.from({ length: 9 }, (_, at) => `s${at}=();keyid="ed"`).join(", "),
      }),
    ],
    [
      "a very long input",
      async () => ({ ...(await good()), "signature-input": `sig1=(${'"a" '.repeat(5_000)})` }),
    ],
    ["an older draft's signature", async () => ({ signature: 'keyId="ed",signature="AAAA"' })],
  ])("with %s are refused", async (_, make) => {
    const headers = await make();
    expect(refusal(await httpSignature().verify(asked({ headers }))).code).toBe("credential-invalid");
  });

  it.each([
    ["the same component twice", { covered: ['"@method"', '"@target-uri"', '"@method"'] }],
    ["a component of an unknown kind", { covered: ['"@method"', '"@target-uri"', '"@status"'] }],
    ["a component in capitals", { covered: ['"@method"', '"@target-uri"', '"Host"'] }],
    ["a component that is a token", { covered: ['"@method"', '"@target-uri"', "host"] }],
    ["a header that is not there", { covered: ['"@method"', '"@target-uri"', '"x-none"'] }],
    ["a parameter that changes what is meant", { covered: ['"@method";req', '"@target-uri"'] }],
    ["a query parameter without a name", { covered: ['"@method"', '"@target-uri"', '"@query-param"'] }],
    [
      "a query parameter that is not there",
      { covered: ['"@method"', '"@target-uri"', '"@query-param";name="a"'] },
    ],
    [
      "a query parameter that comes twice",
      {
        url: "https://api.example/?a=1&a=1",
        covered: ['"@method"', '"@target-uri"', '"@query-param";name="a"'],
      },
    ],
    ["another algorithm than the key's", { parameters: ';alg="hmac-sha256"' }],
    ["an algorithm that is no text", { parameters: ";alg=ed25519" }],
    ["no key", { keyid: "" }],
    ["what objects have for a key", { keyid: "constructor", by: "ed" }],
    ["the public key as a secret", { keyid: "shared", by: "ed" }],
  ])("that cover %s are refused", async (_, signing) => {
    const known = "keyid" in signing && signs[signing.keyid] === undefined ? { by: "ed" } : {};
    expect(await codeOf(signed({ ...signing, ...known }))).toBe("credential-invalid");
  });

  it("may name the key's own algorithm", async () => {
    const names = { ed: "ed25519", ec: "ecdsa-p256-sha256", rsa: "rsa-pss-sha512", shared: "hmac-sha256" };
    for (const [keyid, alg] of Object.entries(names))
      identity(await httpSignature().verify(await signed({ keyid, parameters: `;alg="${alg}"` })));
  });
});

describe("the credential", () => {
  it("is not presented without its fields, which end at the gateway, and grants nothing", async () => {
    const credential = httpSignature();
    expect(await credential.verify(asked({}))).toBeUndefined();
    expect(credential).toMatchObject({ challenge: CHALLENGE, withheld: ["signature", "signature-input"] });
    const demanding = httpSignature({}, surroundings(), { scopes: ["read"] });
    expect(refusal(await demanding.verify(await signed())).code).toBe("insufficient-rights");
  });

  it("lets nobody in while a secret is too short", async () => {
    const weak = httpSignature({ keys: { ...keys, weak: { secret: secret("SHORT") } } });
    expect(refusal(await weak.verify(await signed())).code).toBe("configuration-missing");
    expect(await weak.verify(asked({}))).toBeUndefined();
  });

  it("has options that are checked", () => {
    const faults = (more: object) => options().safeParse({ keys, ...more }).error?.issues.length ?? 0;
    expect(faults({})).toBe(0);
    const { publicKey } = keys.ec as { publicKey: Readonly<Record<string, unknown>> };
    const wrong = [
      { keys: {} },
      { keys: { a: "x" } },
      { keys: { a: {} } },
      { keys: { a: { secret: "x" } } },
      { keys: { a: { publicKey: { kty: "oct", k: "AAAA" } } } },
      { keys: { a: { publicKey: { ...publicKey, d: "AAAA" } } } },
      { keys: { a: { publicKey: { ...publicKey, alg: "ES384" } } } },
      { keys: { a: { publicKey: { ...publicKey, crv: "P-384" } } } },
      { keys: { "\u00e9": { publicKey } } },
      { components: ["@status"] },
      { components: ["Host"] },
      { components: ["@query-param"] },
      { maxAge: "2h" },
      { tolerance: "10m" },
      { tag: "" },
      { digest: "no" },
      { more: 1 },
    ];
    for (const more of wrong) expect([more, faults(more)]).toEqual([more, 1]);
  });

  it("takes an RSA key for RSA-PSS with SHA-512 alone", () => {
    const { publicKey } = keys.rsa as { publicKey: Readonly<Record<string, unknown>> };
    const read = (alg: string) =>
      options().safeParse({ keys: { a: { publicKey: { ...publicKey, alg } } } }).success;
    expect(["PS512", "PS256", "RS256"].map(read)).toEqual([true, false, false]);
  });
});
