import { describe, expect, it } from "vitest";
import { CONNECTION_SLOTS } from "../../src/budget.ts";
import type { KeyedContext } from "../../src/context.ts";
import { RefusalError, refuse } from "../../src/errors/refusal.ts";
import { createUpstream } from "../../src/upstream/forward.ts";
import { presentedOrigin } from "../../src/upstream/presented-origin.ts";
import type { Presenter } from "../../src/upstream/presenter.ts";
import { contextOf, NOW, refusalOf } from "./support.ts";

const GET = { method: "GET", path: "/x", search: "?a=1", headers: new Headers(), body: null };

interface Seen {
  readonly url: string;
  readonly headers: Headers;
  readonly body: unknown;
}

/** An upstream that presents something to an origin which the test plays. */
function upstream(presenters: readonly Presenter[], ...answers: ReadonlyArray<() => Response>) {
  const seen: Seen[] = [];
  const origin = presentedOrigin(
    "api",
    {
      base: "https://api.example",
      async fetch(url, { headers, body }) {
        seen.push({ url, headers: new Headers(headers), body });
        return (answers[seen.length - 1] ?? answers.at(-1) ?? (() => new Response("ok")))();
      },
    },
    presenters,
  );
  return { ...createUpstream("api", origin, undefined, { now: () => NOW }), seen };
}

const key: Presenter = {
  fields: ["x-api-key"],
  answersFor401: false,
  ready:
    () =>
    ({ headers }) =>
      headers.set("x-api-key", "secret"),
};
const no = () => new Response("who are you?", { status: 401 });

/** Tokens that are numbered, got one by one. */
function tokens(most = Number.POSITIVE_INFINITY) {
  let number = 1;
  const presenter: Presenter = {
    fields: ["authorization"],
    answersFor401: true,
    ready: async () => {
      const own = number;
      return ({ headers }) => headers.set("authorization", `Bearer ${own}`);
    },
    renew: async () => {
      if (number >= most) return false;
      number++;
      return true;
    },
  };
  return presenter;
}

describe("what an upstream presents", () => {
  it("is put on what leaves, and on nothing that a layer holds", async () => {
    const { send, seen } = upstream([key]);
    const headers = new Headers({ accept: "text/html" });
    await send({ ...GET, headers }, contextOf().ctx);
    expect([...seen[0]!.headers]).toEqual([
      ["accept", "text/html"],
      ["x-api-key", "secret"],
    ]);
    expect([...headers]).toEqual([["accept", "text/html"]]);
  });

  it("takes the place of whatever a caller sends in any spelling", async () => {
    const { send, seen } = upstream([key]);
    const names = ["x-api-key", "X_Api_Key", "x.api.key", "x~api!key", "x-api_key"];
    await send({ ...GET, headers: new Headers(names.map((name) => [name, "spoofed"])) }, contextOf().ctx);
    expect([...seen[0]!.headers]).toEqual([["x-api-key", "secret"]]);
  });

  it("goes on together, in order", async () => {
    const second: Presenter = {
      ...key,
      fields: ["x-seen"],
      ready:
        () =>
        ({ headers }) =>
          headers.set("x-seen", headers.get("x-api-key")!),
    };
    const { send, seen } = upstream([key, second]);
    await send(GET, contextOf().ctx);
    expect(seen[0]!.headers.get("x-seen")).toBe("secret");
  });

  it("that is not to be had means that nothing is sent", async () => {
    const broken: Presenter = {
      ...key,
      ready: async () => {
        throw new RefusalError(refuse("upstream-credential-unavailable"));
      },
    };
    const { send, seen } = upstream([broken]);
    const { code } = await refusalOf(() => send(GET, contextOf().ctx));
    expect([code, seen.length]).toEqual(["upstream-credential-unavailable", 0]);
  });
});

describe("an origin's 401", () => {
  it("is the caller's to see where it is not about the gateway", async () => {
    const { send } = upstream([key], no);
    expect((await send(GET, contextOf().ctx)).status).toBe(401);
  });

  it("is a failure of the gateway where it is", async () => {
    const { send, seen } = upstream([{ ...key, answersFor401: true }], no);
    const { code, cause } = await refusalOf(() => send(GET, contextOf().ctx));
    expect([code, cause, seen.length]).toEqual([
      "upstream-credential-refused",
      "api: the origin answered 401 to the gateway's own credential",
      1,
    ]);
  });

  it("to an old token is followed by one attempt with a new one, body and all", async () => {
    const { send, seen } = upstream([tokens()], no, () => new Response("made", { status: 201 }));
    const { ctx } = contextOf();
    const response = await send({ ...GET, method: "POST", body: "tea" }, ctx);
    expect(response.status).toBe(201);
    expect(seen.map(({ headers, body }) => [headers.get("authorization"), body])).toEqual([
      ["Bearer 1", "tea"],
      ["Bearer 2", "tea"],
    ]);
    expect(ctx.record.upstreams).toMatchObject([{ upstream: "api", status: 201 }]);
  });

  it("to a new token too is the end", async () => {
    const { send, seen } = upstream([tokens()], no);
    expect((await refusalOf(() => send(GET, contextOf().ctx))).code).toBe("upstream-credential-refused");
    expect(seen).toHaveLength(2);
  });

  it("where there is no new token is the end at once", async () => {
    const { send, seen } = upstream([tokens(1)], no);
    expect((await refusalOf(() => send(GET, contextOf().ctx))).code).toBe("upstream-credential-refused");
    expect(seen).toHaveLength(1);
  });

  it("after a body that streamed by is for the client to try again", async () => {
    const { send, seen } = upstream([tokens()], no);
    const { readable, writable } = new IdentityTransformStream();
    const written = writable.getWriter();
    written.write(new Uint8Array(1)).catch(() => {});
    const request = { ...GET, method: "POST", body: readable };
    const error = await send(request, contextOf().ctx).catch((reason: unknown) => reason);
    if (!(error instanceof RefusalError)) throw new Error("was not refused");
    expect([error.refusal.code, error.refusal.details.headers]).toEqual([
      "upstream-credential-unavailable",
      [["retry-after", "1"]],
    ]);
    expect(seen).toHaveLength(1);
  });
});

describe("waiting for what is presented", () => {
  const slow = (ready: (ctx: KeyedContext) => Promise<void>): Presenter => ({
    ...key,
    ready: async (ctx) => {
      await ready(ctx);
      return () => {};
    },
  });

  it("holds no connection, so that what is waited for can have one", async () => {
    const { ctx } = contextOf();
    const { send } = upstream([
      slow(async ({ budget }) => {
        const slot = budget.acquire();
        if (slot !== undefined) await slot;
        await Promise.resolve();
        budget.release();
      }),
    ]);
    const calls = Array.from({ length: 2 * CONNECTION_SLOTS }, () => send(GET, ctx));
    expect((await Promise.all(calls)).every(({ ok }) => ok)).toBe(true);
    let free = 0;
    while (ctx.budget.acquire() === undefined) free++;
    expect(free).toBe(CONNECTION_SLOTS);
  });

  it("ends with the call that is called off, and leaves no connection taken", async () => {
    const { ctx } = contextOf();
    const { send, seen } = upstream([slow(() => new Promise(() => {}))]);
    const controller = new AbortController();
    const call = refusalOf(() => send({ ...GET, controller }, ctx));
    await Promise.resolve();
    controller.abort(new RefusalError(refuse("body-too-large")));
    expect((await call).code).toBe("body-too-large");
    expect(seen).toEqual([]);
    let free = 0;
    while (ctx.budget.acquire() === undefined) free++;
    expect(free).toBe(CONNECTION_SLOTS);
  });
});
