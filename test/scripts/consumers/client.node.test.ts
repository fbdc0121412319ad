import { describe, expect, it } from "vitest";
import { AdminClient } from "../../../scripts/consumers/client.ts";
import { Failure, Stale } from "../../../scripts/consumers/failure.ts";

type Played = Response | Error;
const refused = () =>
  Object.assign(new TypeError("fetch failed"), {
    cause: Object.assign(new Error("refused"), { code: "ECONNREFUSED" }),
  });
const broken = () =>
  Object.assign(new TypeError("fetch failed"), {
    cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }),
  });
const problem = (status: number, body: object) => Response.json({ requestId: "r-1", ...body }, { status });

/** A client of a gateway that answers this, in turn. */
function clientOf(...answers: Played[]) {
  const sent: Array<{ url: string; init: RequestInit; headers: Headers }> = [];
  const waited: number[] = [];
  const api = new AdminClient(
    { base: "https://a.example", credential: "the token" },
    {
      once: "once-1",
      wait: async (ms) => void waited.push(ms),
      fetch: async (url, init = {}) => {
        sent.push({ url: String(url), init, headers: new Headers(init.headers) });
        const answer = answers.shift();
        if (answer === undefined) throw new Error("the test gave no more answers");
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
  );
  return { api, sent, waited };
}

describe("a call of the admin API", () => {
  it("bears the credential, and does not take it to wherever it is sent on to", async () => {
    const { api, sent } = clientOf(
      new Response(null, { status: 302, headers: { location: "https://b.example" } }),
    );
    await expect(api.get("/acme")).rejects.toThrow("answered 302, and not as an Isogate gateway does.");
    expect(sent).toHaveLength(1);
    expect(sent[0]?.url).toBe("https://a.example/_gateway/consumers/acme");
    expect(sent[0]?.headers.get("authorization")).toBe("Bearer the token");
    expect(sent[0]?.init.redirect).toBe("manual");
  });

  it("is tried again with the same Idempotency-Key where its answer is lost", async () => {
    const { api, sent, waited } = clientOf(
      broken(),
      problem(503, {}),
      Response.json({ id: "acme" }, { status: 201 }),
    );
    const made = await api.write("POST", "", { body: { id: "acme" } });
    expect(made).toEqual({ status: 201, body: { id: "acme" } });
    expect(sent.map(({ headers }) => headers.get("idempotency-key"))).toEqual(Array(3).fill("once-1"));
    expect(new Set(sent.map(({ init }) => init.body))).toEqual(new Set(['{"id":"acme"}']));
    expect(waited).toEqual([250, 500]);
    expect(api.isWriting).toBe(false);
  });

  it.each([
    ["may have been done", broken, true],
    ["was never sent", refused, false],
  ])("that %s ends so after four attempts", async (_, failure, isUnsure) => {
    const { api, sent } = clientOf(failure(), failure(), failure(), failure());
    await expect(api.write("POST", "")).rejects.toThrow(/^https:\/\/a\.example cannot be asked: re/);
    expect([sent.length, api.isWriting]).toEqual([4, isUnsure]);
  });

  it("that is refused is not tried again, and says why", async () => {
    const { api, sent } = clientOf(
      problem(400, { code: "malformed-body", title: "t", detail: "plan is a name.", field: "plan" }),
    );
    await expect(api.write("POST", "")).rejects.toThrow("plan is a name. (400 malformed-body, request r-1)");
    expect([sent.length, api.isWriting]).toEqual([1, false]);
  });

  it("names the version it is about", async () => {
    const stale = problem(412, { code: "precondition-failed", title: "It has changed" });
    const { api, sent } = clientOf(stale);
    await expect(api.write("PATCH", "/acme", { body: {}, version: 3 })).rejects.toThrow(Stale);
    expect(sent[0]?.headers.get("if-match")).toBe('"3"');
  });

  it.each([
    [problem(401, { code: "credential-invalid", title: "t" }), "does not take this credential. (401"],
    [problem(404, { code: "route-not-found", title: "t" }), "has no consumers"],
    [new Response("<html>", { status: 200 }), "not as an Isogate gateway does"],
    [new Response("[1]", { status: 404 }), "not as an Isogate gateway does"],
  ])("tells of whoever is not the gateway that was meant", async (answer, message) => {
    const failed = await clientOf(answer)
      .api.get("")
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Failure);
    expect((failed as Failure).message).toContain(message);
  });

  it("follows a list to its end", async () => {
    const { api, sent } = clientOf(
      Response.json({ lines: [{ n: 1 }], next: "a b" }),
      Response.json({ lines: [{ n: 2 }] }),
    );
    expect(await api.all("/audit?consumer=x", "lines")).toEqual([{ n: 1 }, { n: 2 }]);
    expect(sent.map(({ url }) => url.split("/consumers")[1])).toEqual([
      "/audit?consumer=x&limit=500",
      "/audit?consumer=x&limit=500&after=a%20b",
    ]);
  });
});
