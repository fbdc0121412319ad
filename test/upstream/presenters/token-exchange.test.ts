import { describe, expect, it } from "vitest";
import { secret } from "../../../src/env.ts";
import type { Identity } from "../../../src/identity/identity.ts";
import { create, options } from "../../../src/upstream/presenters/token-exchange.ts";
import { forged } from "../../support/tokens.ts";
import { contextOf, faults, NOW, presented, refusalOf, toolsOf } from "../support.ts";

const ISSUER = "https://login.example";

function identity(subject: string, more: Partial<Identity> = {}): Identity {
  return {
    id: `${ISSUER}#${subject}`,
    subject,
    issuer: ISSUER,
    claims: {},
    scopes: [],
    credential: "jwt",
    ...more,
  };
}

const bodyOf = ({ body }: RequestInit) => new TextDecoder().decode(body as Uint8Array);
const tokenOf = (sub: string, more: object = {}) => forged({ alg: "ES256" }, { iss: ISSUER, sub, ...more });

/** A presenter whose authorization server numbers its tokens. */
function exchange(declared: object = {}, lifetime = 600) {
  let now = NOW;
  let number = 0;
  const { tools, asked } = toolsOf(
    () =>
      Response.json({
        access_token: `for-${++number}`,
        token_type: "Bearer",
        expires_in: lifetime,
        issued_token_type: "x",
      }),
    () => now,
  );
  const presenter = create(
    {
      ...options().parse({
        tokenEndpoint: { url: "https://login.example/token" },
        clientId: "gateway",
        clientSecret: secret("S"),
        ...declared,
      } as never),
      clientSecret: "secret",
    } as never,
    tools,
  );
  const send = async (caller: Identity | undefined, authorization?: string, more: object = {}) => {
    const headers = new Headers(authorization === undefined ? {} : { authorization });
    const given = contextOf({ now: () => now, identity: caller, headers, ...more } as never);
    const outbound = await presented(presenter, { headers }, given);
    while (given.pending.length > 0) await given.pending.shift();
    return outbound.headers.get("authorization");
  };
  const pass = (ms: number) => {
    now += ms;
  };
  return { presenter, send, asked, pass };
}

describe("an exchanged token", () => {
  it("is asked for as RFC 8693 §2.1 has it, and stands in Authorization", async () => {
    const { send, asked } = exchange({ audience: "crm", scope: "read", requestedTokenType: "jwt" });
    const token = tokenOf("ada");
    expect(await send(identity("ada"), `Bearer ${token}`)).toBe("Bearer for-1");
    expect(Object.fromEntries(new URLSearchParams(bodyOf(asked[0]!.init)))).toEqual({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: token,
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      requested_token_type: "urn:ietf:params:oauth:token-type:jwt",
      audience: "crm",
      scope: "read",
    });
  });

  it("is one caller's own, and remembered for them", async () => {
    const { send, asked } = exchange();
    const ada = () => send(identity("ada"), `Bearer ${tokenOf("ada")}`);
    const grace = () => send(identity("grace"), `bearer ${tokenOf("grace")}`);
    expect([await ada(), await grace(), await ada(), await grace()]).toEqual([
      "Bearer for-1",
      "Bearer for-2",
      "Bearer for-1",
      "Bearer for-2",
    ]);
    expect(asked).toHaveLength(2);
  });

  it("is used no longer than it holds, or the caller's own", async () => {
    const long = exchange();
    const token = `Bearer ${tokenOf("ada")}`;
    await long.send(identity("ada"), token);
    long.pass(600_000);
    expect(await long.send(identity("ada"), token)).toBe("Bearer for-2");
    const brief = exchange();
    const ends = identity("ada", { expiresAt: NOW + 60_000 });
    await brief.send(ends, token);
    brief.pass(59_000);
    expect(await brief.send(ends, token)).toBe("Bearer for-2");
  });

  it.each<[string, Identity | undefined, string | undefined]>([
    ["nobody is identified", undefined, `Bearer ${tokenOf("ada")}`],
    ["there is no token", identity("ada"), undefined],
    ["it is of no bearer", identity("ada"), "Basic YTpi"],
    [
      "the caller was proved by something else",
      identity("ada", { credential: "apiKey" }),
      `Bearer ${tokenOf("ada")}`,
    ],
    ["it is somebody else's", identity("ada"), `Bearer ${tokenOf("grace")}`],
    ["it is of another issuer", identity("ada"), `Bearer ${tokenOf("ada", { iss: "https://evil.example" })}`],
    ["it is no JWT, where a JWT has proved the caller", identity("ada"), "Bearer opaque"],
    ["it is nonsense", identity("ada"), "Bearer a.b.c"],
  ])("is not to be had where %s", async (_, caller, authorization) => {
    const { send, asked } = exchange();
    expect((await refusalOf(() => send(caller, authorization))).code).toBe("insufficient-rights");
    expect(asked).toEqual([]);
  });

  it("is exchanged for an opaque token that was introspected, a client's, and a login's", async () => {
    const { send, asked } = exchange();
    await send(identity("ada", { credential: "introspection" }), "Bearer opaque");
    await send(identity("robot"), `Bearer ${tokenOf(undefined as never, { client_id: "robot" })}`);
    await send(identity("ada", { credential: "oidc" }), `Bearer ${tokenOf("mallory")}`, {
      toOrigin: [["authorization", "Bearer of-the-session"]],
    });
    const subjects = asked.map(({ init }) => new URLSearchParams(bodyOf(init)).get("subject_token"));
    expect([subjects[0], subjects[2]]).toEqual(["opaque", "of-the-session"]);
    expect(subjects).toHaveLength(3);
  });

  it("that the origin refuses is exchanged again, for this caller alone", async () => {
    const { presenter, send, asked } = exchange();
    const headers = new Headers({ authorization: `Bearer ${tokenOf("ada")}` });
    const { ctx } = contextOf({ identity: identity("ada"), headers } as never);
    await send(identity("grace"), `Bearer ${tokenOf("grace")}`);
    const put = await presenter.ready(ctx);
    expect(await presenter.renew?.(put, ctx)).toBe(true);
    expect(asked).toHaveLength(3);
    await send(identity("grace"), `Bearer ${tokenOf("grace")}`);
    expect(asked).toHaveLength(3);
  });

  it("is declared like any client", () => {
    expect(
      faults(options(), {
        clientId: "a",
        clientSecret: secret("S"),
        tokenEndpoint: { url: "https://a.example" },
      }),
    ).toEqual([]);
    expect(faults(options(), { clientId: "a", tokenEndpoint: { url: "https://a.example" } })).toEqual([
      "clientSecret: is missing for client_secret_basic",
    ]);
  });
});
