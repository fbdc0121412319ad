import { describe, expect, it } from "vitest";
import { secret } from "../../../src/env.ts";
import {
  create,
  options,
  type WebhookOptions,
  type WebhookShape,
} from "../../../src/identity/credentials/webhook.ts";
import type { Requirements } from "../../../src/identity/declare.ts";
import { type Asked, asked, base64, hex, mac, surroundings, withSecrets } from "../signatures/support.ts";
import { identity, NOW, refusal, SECONDS, shown } from "../support.ts";

type Provider = WebhookOptions["provider"];

const OLD = "an old secret of the provider";
const NEW = "a new secret that replaces it";
const STANDARD = `whsec_${btoa(NEW)}`;
const VALUES = { OLD, NEW, STANDARD, SHORT: "short", BAD: "whsec_***", WEAK: `whsec_${btoa("weak")}` };
const BODY = '{"type":"paid","amount":"12 €"}';

const custom: WebhookShape = {
  name: "acme",
  signature: { header: "X-Acme-Signature", prefix: "v9:", encoding: "base64" },
  timestamp: "X-Acme-Time",
  id: "X-Acme-Id",
  message: "{id}|{timestamp}|{body}|end",
  algorithm: "sha512",
};
const bare: WebhookShape = { name: "bare", signature: { header: "x-sign" } };

function webhook(
  provider: Provider,
  more: Partial<WebhookOptions> & { requirements?: Requirements } = {},
  given = surroundings(),
) {
  const { requirements = {}, ...written } = more;
  const named = provider === "standard" ? secret("STANDARD") : secret("NEW");
  const compiled = withSecrets(options().parse({ provider, secret: named, ...written }), VALUES);
  return create(compiled as unknown as Parameters<typeof create>[0], requirements, given);
}

interface Sending {
  readonly timestamp?: number | string;
  readonly id?: string;
  readonly body?: string;
  readonly secret?: string;
}

/** What a provider sends, made from its own documentation. */
const providers: Readonly<Record<string, (sending?: Sending) => Promise<Asked>>> = {
  async stripe({ timestamp = SECONDS, body = BODY, secret = NEW } = {}) {
    const signature = hex(await mac(secret, `${timestamp}.${body}`));
    return { headers: { "stripe-signature": `t=${timestamp},v0=${"0".repeat(64)},v1=${signature}` }, body };
  },
  async github({ body = BODY, secret = NEW } = {}) {
    return { headers: { "x-hub-signature-256": `sha256=${hex(await mac(secret, body))}` }, body };
  },
  async slack({ timestamp = SECONDS, body = BODY, secret = NEW } = {}) {
    const signature = `v0=${hex(await mac(secret, `v0:${timestamp}:${body}`))}`;
    return {
      headers: { "x-slack-signature": signature, "x-slack-request-timestamp": String(timestamp) },
      body,
    };
  },
  async standard({ timestamp = SECONDS, id = "msg_1", body = BODY, secret = NEW } = {}) {
    const signature = base64(await mac(secret, `${id}.${timestamp}.${body}`));
    const headers = { "webhook-id": id, "webhook-timestamp": String(timestamp) };
    return { headers: { ...headers, "webhook-signature": `v1a,x v1,${signature}` }, body };
  },
  async acme({ timestamp = SECONDS, id = "1", body = BODY, secret = NEW } = {}) {
    const signature = base64(await mac(secret, `${id}|${timestamp}|${body}|end`, "SHA-512"));
    const headers = { "x-acme-id": id, "x-acme-time": String(timestamp) };
    return { headers: { ...headers, "x-acme-signature": `v9:${signature}` }, body };
  },
  async bare({ body = BODY, secret = NEW } = {}) {
    return { headers: { "x-sign": hex(await mac(secret, body)) }, body };
  },
};

const all: ReadonlyArray<readonly [name: string, provider: Provider]> = [
  ["stripe", "stripe"],
  ["github", "github"],
  ["slack", "slack"],
  ["standard", "standard"],
  ["acme", custom],
  ["bare", bare],
];
const timed = all.filter(([name]) => !["github", "bare"].includes(name));

const post = (sent: Asked, changed: Asked = {}) =>
  asked({ method: "POST", ...sent, ...changed, headers: { ...sent.headers, ...changed.headers } });

describe.each(all)("a webhook of %s", (name, provider) => {
  const send = providers[name]!;

  it("says whose it is, and leaves its body for the origin", async () => {
    const ctx = post(await send());
    expect(identity(await webhook(provider).verify(ctx))).toEqual({
      id: `webhook#${name}`,
      subject: name,
      issuer: "webhook",
      claims: {},
      scopes: [],
      credential: "webhook",
    });
    expect(await ctx.request.text()).toBe(BODY);
    identity(await webhook(provider).verify(post(await send({ body: "" }))));
  });

  it("is refused once its body or its signature is changed", async () => {
    const credential = webhook(provider);
    const sent = await send();
    const refused = await shown(await credential.verify(post(sent, { body: `${BODY} ` })));
    expect(refused).toMatchObject({
      status: 401,
      challenge: `Webhook realm="${name}"`,
      body: { code: "credential-invalid" },
    });
    refusal(await credential.verify(post(sent, { body: "" })));
    for (const [field, value] of Object.entries(sent.headers!)) {
      for (const changed of ["", "x", value.slice(0, -1), `${value}0`, `${value}, ${value}`]) {
        const verdict = await credential.verify(post(sent, { headers: { [field]: changed } }));
        expect([field, changed, refusal(verdict).code]).toEqual([field, changed, "credential-invalid"]);
      }
    }
    identity(await credential.verify(post(sent)));
  });

  it("is refused where another secret signed it", async () => {
    refusal(await webhook(provider).verify(post(await send({ secret: OLD }))));
  });

  it("is none where there is no signature", async () => {
    expect(await webhook(provider).verify(post({ body: BODY }))).toBeUndefined();
  });
});

describe.each(timed)("the time of a webhook of %s", (name, provider) => {
  const send = providers[name]!;

  it("is near: five minutes, or what is declared", async () => {
    const at = async (seconds: number, more: Partial<WebhookOptions> = {}) =>
      webhook(provider, more).verify(post(await send({ timestamp: SECONDS + seconds })));
    for (const seconds of [-300, 300]) identity(await at(seconds));
    for (const seconds of [-301, 301]) refusal(await at(seconds));
    for (const seconds of [-11, 11]) refusal(await at(seconds, { tolerance: "10s" }));
    expect(await shown(await at(-301))).toMatchObject({
      body: { detail: "The signature is not of this time" },
    });
    for (const timestamp of ["", "x", "-5", "1e3", `0x${SECONDS.toString(16)}`])
      refusal(await webhook(provider).verify(post(await send({ timestamp }))));
  });

  it("makes a copy be refused, and not what is delivered again", async () => {
    const given = surroundings();
    const credential = webhook(provider, {}, given);
    const sent = await send();
    refusal(await credential.verify(post(sent, { body: "forged" })));
    identity(await credential.verify(post(sent)));
    expect(refusal(await credential.verify(post(sent))).details.cause).toContain("copy");
    given.now.advance(299_000);
    refusal(await credential.verify(post(sent)));
    identity(await credential.verify(post(await send({ timestamp: SECONDS + 299 }))));
    const careless = webhook(provider, { refuseCopies: false }, given);
    identity(await careless.verify(post(sent)));
  });

  it("lets nobody in while copies cannot be told", async () => {
    const given = surroundings({ nonces: { use: () => Promise.reject(new Error("no store")) } });
    const verdict = await webhook(provider, {}, given).verify(post(await send()));
    expect(refusal(verdict).code).toBe("store-unavailable");
  });
});

describe("what providers publish", () => {
  const published = (provider: Provider, value: string, seconds: number, sent: Asked) => {
    const given = surroundings();
    given.now.advance(seconds * 1_000 - NOW);
    const compiled = withSecrets(options().parse({ provider, secret: secret("IT") }), { IT: value });
    return create(compiled as unknown as Parameters<typeof create>[0], {}, given).verify(post(sent));
  };

  it("of GitHub's documentation holds", async () => {
    const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    const sent = { headers: { "x-hub-signature-256": signature }, body: "Hello, World!" };
    identity(await published("github", "It's a Secret to Everybody", SECONDS, sent));
  });

  it("of Standard Webhooks' reference holds", async () => {
    const headers = {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };
    const sent = { headers, body: '{"test": 2432232314}' };
    identity(await published("standard", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1_614_265_330, sent));
  });
});

describe("several secrets", () => {
  it("hold beside one another, and a copy passes by neither", async () => {
    const both = { secret: [secret("NEW"), secret("OLD")] };
    for (const [name, provider] of all.filter(([name]) => name !== "standard")) {
      for (const value of [NEW, OLD]) {
        const credential = webhook(provider, both);
        const sent = await providers[name]!({ secret: value });
        expect(identity(await credential.verify(post(sent))).subject).toBe(name);
      }
    }
    const credential = webhook("stripe", both);
    const [first, second] = await Promise.all(
      [NEW, OLD].map((value) => providers.stripe!({ secret: value })),
    );
    identity(await credential.verify(post(first!)));
    refusal(await credential.verify(post(second!)));
  });

  it("of which the provider signs with two at once need one that holds", async () => {
    const [sent, old] = await Promise.all([providers.stripe!(), providers.stripe!({ secret: OLD })]);
    const v1 = /v1=\w+/.exec(old.headers!["stripe-signature"]!)?.[0];
    const field = `${sent.headers!["stripe-signature"]},${v1}`;
    identity(await webhook("stripe").verify(post(sent, { headers: { "stripe-signature": field } })));
  });

  it("are all good ones, or nobody is let in", async () => {
    for (const [provider, names] of [
      ["stripe", ["NEW", "SHORT"]],
      ["standard", ["STANDARD", "BAD"]],
      ["standard", ["WEAK"]],
    ] as const) {
      const credential = webhook(provider, { secret: names.map((each) => secret(each)) });
      const verdict = await credential.verify(post(await providers[provider]!()));
      expect(refusal(verdict).code).toBe("configuration-missing");
    }
  });
});

describe("hostile fields", () => {
  it.each([
    ["no time", (field: string) => field.replace(/t=\d+,/, "")],
    ["two times", (field: string) => `t=1,${field}`],
    ["no signature", (field: string) => field.replace(/,v1=\w+/, "")],
    ["a signature that is no hex", (field: string) => `${field},v1=zz`],
    ["a signature of nothing", (field: string) => `${field},v1=`],
    ["a hundred signatures", (field: string) => `${field}${`,v1=${"00".repeat(32)}`.repeat(100)}`],
  ])("with %s are refused", async (_, change) => {
    const sent = await providers.stripe!();
    const headers = { "stripe-signature": change(sent.headers!["stripe-signature"]!) };
    expect(refusal(await webhook("stripe").verify(post(sent, { headers }))).code).toBe("credential-invalid");
  });

  it("cannot pass what is an id for a time", async () => {
    const [inner, outer] = [SECONDS - 100_000, SECONDS];
    const sent = await providers.standard!({ id: "msg", timestamp: inner, body: `${outer}.rest` });
    const headers = { "webhook-id": `msg.${inner}`, "webhook-timestamp": String(outer) };
    refusal(await webhook("standard").verify(post(sent, { headers, body: "rest" })));
  });

  it("with an older kind of signature are refused", async () => {
    const sent = await providers.standard!();
    const v1 = sent.headers!["webhook-signature"]!;
    for (const signature of [v1.replace("v1,", "v2,"), "v1a,x", v1.replace("v1a,x v1,", "")])
      refusal(await webhook("standard").verify(post(sent, { headers: { "webhook-signature": signature } })));
  });
});

describe("the credential", () => {
  it("leaves the fields for the origin, and grants nothing", async () => {
    expect(webhook("stripe")).toMatchObject({ withheld: [], challenge: 'Webhook realm="stripe"' });
    const demanding = webhook("stripe", { requirements: { scopes: ["read"] } });
    expect(refusal(await demanding.verify(post(await providers.stripe!()))).code).toBe("insufficient-rights");
  });

  it("has options that are checked", () => {
    const faults = (more: object) =>
      options()
        .safeParse({ provider: "stripe", secret: secret("A"), ...more })
        .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
    expect(faults({})).toEqual([]);
    expect(faults({ provider: custom })).toEqual([]);
    const untimed = "is of no use: these webhooks have no timestamp";
    expect(faults({ provider: "github", tolerance: "1m", refuseCopies: true })).toEqual([
      `tolerance: ${untimed}`,
      `refuseCopies: ${untimed}`,
    ]);
    expect(faults({ provider: bare, tolerance: "1m" })).toEqual([`tolerance: ${untimed}`]);
    const messageOf = (message: string, more: Partial<WebhookShape> = {}) =>
      faults({ provider: { ...custom, message, ...more } });
    expect(messageOf("{id}{timestamp}")).toEqual(["provider.message: must have {body} once"]);
    expect(messageOf("{body}{id}")).toEqual(["provider.message: must have {timestamp}, which is declared"]);
    expect(faults({ provider: { ...bare, message: "{id}{body}" } })).toEqual([
      "provider.message: has {id}, which is not declared",
    ]);
    expect(faults({ provider: { ...bare, message: "{url}{body}" } })).toEqual([
      "provider.message: has {url}: write {body}, {timestamp} or {id}",
    ]);
    const wrong = [
      { provider: "strip" },
      { provider: { ...bare, name: "a b" } },
      { provider: { ...bare, signature: { header: "a b" } } },
      { secret: "whsec_x" },
      { secret: [] },
      { tolerance: "2h" },
      { more: 1 },
    ];
    for (const more of wrong) expect([more, faults(more).length]).toEqual([more, 1]);
  });
});
