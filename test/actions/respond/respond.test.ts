import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { create, options, type RespondOptions } from "../../../src/actions/respond/respond.ts";
import type { KeyedContext } from "../../../src/context.ts";
import { gatewayOf, NOW } from "../../support/in-process.ts";

async function answered(respond: RespondOptions) {
  const { ask } = gatewayOf({ "GET /x": { access: "public", respond } });
  const answer = await ask("/x");
  return {
    status: answer.status,
    type: answer.headers.get("content-type"),
    body: await answer.text(),
    answer,
  };
}

/** The first thing that is wrong. */
function mistake(respond: object): string | undefined {
  return options().safeParse(respond).error?.issues[0]?.message;
}

describe("respond", () => {
  it.each<[string, RespondOptions, object]>([
    ["nothing", {}, { status: 204, type: null, body: "" }],
    ["a status alone", { status: 410 }, { status: 410, type: null, body: "" }],
    ["text", { text: "Tea?" }, { status: 200, type: "text/plain; charset=utf-8", body: "Tea?" }],
    ["no text", { text: "" }, { status: 200, type: "text/plain; charset=utf-8", body: "" }],
    ["JSON", { json: { a: [1, null] } }, { status: 200, type: "application/json", body: '{"a":[1,null]}' }],
    ["null as JSON", { json: null }, { status: 200, type: "application/json", body: "null" }],
    [
      "markers as data",
      { json: { $env: "HOME" } },
      { status: 200, type: "application/json", body: '{"$env":"HOME"}' },
    ],
    [
      "a type of its own",
      { status: 201, text: "<p>", headers: { "Content-Type": "text/html" } },
      { status: 201, type: "text/html", body: "<p>" },
    ],
  ])("sends %s", async (_, respond, expected) => {
    expect(await answered(respond)).toMatchObject(expected);
  });

  it("sends its headers with every answer, each answer having its own", async () => {
    const { ask } = gatewayOf({
      "GET /x": { access: "public", respond: { text: "x", headers: { "X-A": "1", Allow: "GET" } } },
    });
    const first = await ask("/x");
    first.headers.set("x-a", "changed");
    const second = await ask("/x");
    expect(Object.fromEntries(second.headers)).toMatchObject({ "x-a": "1", allow: "GET" });
    expect(second.headers.get("x-request-id")).not.toBe(first.headers.get("x-request-id"));
  });

  it.each<[string, object]>([
    ["a body of two kinds", { json: 1, text: "1" }],
    ["a body with 204", { status: 204, text: "x" }],
    ["a body with 205", { status: 205, json: {} }],
    ["a body with 304", { status: 304, text: "" }],
    ["an informational status", { status: 101 }],
    ["a status that is none", { status: 600 }],
    ["half a status", { status: 200.5 }],
    ["what JSON cannot hold", { json: { at: new Date() } }],
    ["a name that is none", { headers: { "x y": "1" } }],
    ["a line break", { headers: { "x-a": "1\r\nset-cookie: a=1" } }],
    ["what belongs to a connection", { headers: { "transfer-encoding": "chunked" } }],
    ["an unknown key", { body: "x" }],
    ["two sources", { text: "x", schema: { const: 1 } }],
    ["`from` without a schema", { json: 1, from: "example" }],
    ["a source that there is not", { schema: { const: 1 }, from: "thin air" }],
    ["a schema that is none", { schema: true }],
    ["an example that is not there", { schema: { type: "string" }, from: "example" }],
    ["an example that does not fit", { schema: { type: "string", example: 1 } }],
    ["what cannot be made", { schema: { type: "string", minLength: 2, maxLength: 1 } }],
    ["a zod schema that is no JSON", { schema: z.date() }],
    ["a zod schema that its value does not meet", { schema: z.string().refine((text) => text === "tea") }],
    ["a file from elsewhere", { file: "/etc/passwd" }],
    ["a file of Windows", { file: "mocks\\a.json" }],
    ["a file of no known type", { file: "./mocks/a.unknown" }],
    ["a body with 204 in an example", { examples: { gone: { status: 204, text: "x" } } }],
    ["a name that a client could not send", { examples: { "sold out": {} } }],
    ["examples of examples", { examples: { a: { examples: {} } } }],
  ])("refuses %s", (_, wrong) => {
    expect(options().safeParse(wrong).success).toBe(false);
  });
});

describe("an answer of a schema", () => {
  const product = {
    type: "object",
    required: ["id"],
    properties: { id: { type: "integer", minimum: 1 }, name: { type: "string", example: "Teapot" } },
  };

  it.each<[string, RespondOptions, unknown]>([
    ["what its author gives, and makes up the rest", { schema: product }, { id: 1, name: "Teapot" }],
    ["an example", { schema: { ...product, example: { id: 7 } }, from: "example" }, { id: 7 }],
    ["what is generated", { schema: product, from: "generated" }, { id: 1, name: "string" }],
    [
      "a value of a zod schema, as it stands on the wire",
      {
        schema: z.object({
          id: z.uuid(),
          at: z.iso.datetime().transform((text) => new Date(text)),
          tags: z.array(z.enum(["new", "sale"])).min(2),
          stock: z.int().positive().default(3),
          name: z.string().meta({ example: "Teapot" }),
        }),
      },
      {
        id: "00000000-0000-4000-8000-000000000000",
        at: "2026-01-15T09:30:00Z",
        tags: ["new", "sale"],
        stock: 3,
        name: "Teapot",
      },
    ],
  ])("is %s", async (_, respond, body) => {
    const { answer, ...rest } = await answered(respond);
    expect([rest.type, JSON.parse(rest.body)]).toEqual(["application/json", body]);
    expect((await answered(respond)).body).toBe(rest.body);
  });

  it("says why there is none", () => {
    expect(mistake({ schema: { ...product, required: ["id", "name"] }, from: "example" })).toBe(
      "gives no example: `id`: there is no example",
    );
    expect(mistake({ schema: { ...product, example: { id: 0 } } })).toBe(
      "gives no value: the value that it gives does not fit it: `id`: is less than 1",
    );
  });
});

describe("Prefer in development", () => {
  const respond: RespondOptions = {
    json: { stock: 3 },
    headers: { "x-own": "1" },
    examples: {
      "sold-out": { json: { stock: 0 } },
      missing: { status: 404, text: "No such product." },
    },
  };
  const routes = {
    "GET /x": { access: "public", respond },
    "GET /made": { access: "public", respond: { status: 201 } },
  } as const;
  async function preferred(prefer: string | string[], path = "/x") {
    const headers = new Headers();
    for (const field of [prefer].flat()) headers.append("prefer", field);
    const answer = await gatewayOf(routes).ask(path, { headers });
    return {
      status: answer.status,
      applied: answer.headers.get("preference-applied"),
      type: answer.headers.get("content-type"),
      body: await answer.text(),
      own: answer.headers.get("x-own"),
    };
  }

  it.each<[string | string[], object]>([
    ["example=sold-out", { status: 200, body: '{"stock":0}', applied: "example=sold-out", own: null }],
    ["example=missing", { status: 404, body: "No such product.", applied: "example=missing" }],
    ["code=404", { status: 404, body: "No such product.", applied: "code=404" }],
    ["code=200", { status: 200, body: '{"stock":3}', applied: "code=200", own: "1" }],
    ["code=203", { status: 203, body: '{"stock":3}', applied: "code=203", own: "1" }],
    ["code=204", { status: 204, body: "", type: null, applied: "code=204", own: "1" }],
    [
      ["example=sold-out", "code=202"],
      { status: 202, body: '{"stock":0}', applied: "example=sold-out, code=202" },
    ],
    ["example=sold-out, code=404", { status: 404, type: "application/problem+json" }],
    ["example=typo", { status: 200, body: '{"stock":3}', applied: null }],
    ["code=99, respond-async", { status: 200, body: '{"stock":3}', applied: null }],
    ["code=600, delay=soon", { status: 200, body: '{"stock":3}', applied: null }],
  ])("%j gets %j", async (prefer, expected) => {
    expect(await preferred(prefer)).toMatchObject(expected);
  });

  it("makes up a problem for an error that nobody declared", async () => {
    const { status, type, body, own } = await preferred("code=503");
    expect([status, type, own]).toEqual([503, "application/problem+json", null]);
    expect(JSON.parse(body)).toMatchObject({
      type: "about:blank",
      title: "Service Unavailable",
      status: 503,
    });
  });

  it("gives no body a body", async () => {
    expect(await preferred("code=200", "/made")).toMatchObject({ status: 200, body: "", type: null });
  });

  describe("waits", () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
    afterEach(() => void vi.useRealTimers());

    /** An answer that is there after so many milliseconds, and not before. */
    async function after<T>(ms: number, answer: Promise<T>): Promise<T> {
      let done = false;
      answer.finally(() => {
        done = true;
      });
      await vi.advanceTimersByTimeAsync(ms - 1);
      expect(done, "answered too soon").toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      return answer;
    }

    it("as long as it is asked to", async () => {
      const answer = await after(2_000, preferred("delay=2s"));
      expect(answer).toMatchObject({ status: 200, applied: "delay=2s" });
    });

    it("no longer than the request has", async () => {
      // Ten seconds, of which all but ten milliseconds have passed once the request has arrived.
      const times = [NOW];
      const { ask } = gatewayOf(routes, { now: () => times.pop() ?? NOW + 9_990 });
      const answer = await after(10, ask("/x", { headers: { prefer: "delay=1h" } }));
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
        504,
        "deadline-exceeded",
      ]);
    });
  });

  it("does nothing where it is not development", async () => {
    const deps = { development: false, now: () => NOW };
    const headers = new Headers({ prefer: "code=503, example=sold-out, delay=1h" });
    const answer = await create(
      { status: 200, headers: [], body: "own", examples: {} },
      { deps },
    )({ headers } as KeyedContext);
    expect([answer.status, await answer.text(), answer.headers.has("preference-applied")]).toEqual([
      200,
      "own",
      false,
    ]);
  });
});
