import { describe, expect, it } from "vitest";
import { ALLOWED, bearer, guarded, problemOf } from "../external-auth/guarded.ts";

describe("a service that refuses", () => {
  const refusing =
    (status: number, headers: HeadersInit = {}) =>
    () =>
      new Response("<h1>Why not</h1>", {
        status,
        headers: { "x-secret": "1", "set-cookie": "a=b", ...headers },
      });

  it("has its status and challenge passed on, and nothing else", async () => {
    const challenge = 'Bearer realm="auth", error="invalid_token"';
    for (const [status, code] of [
      [401, "credential-invalid"],
      [403, "insufficient-rights"],
    ] as const) {
      const { ask, passed, lines } = guarded(refusing(status, { "www-authenticate": challenge }));
      const answer = await ask("/orders/1", bearer);
      expect([answer.headers.get("x-secret"), answer.headers.get("set-cookie")]).toEqual([null, null]);
      expect(await problemOf(answer)).toEqual([status, code, challenge]);
      expect(passed()).toEqual([]);
      expect(lines[0]?.cause).toBe(`auth answers ${status}`);
    }
  });

  it("of a request that presents nothing is told that something is missing, with a challenge", async () => {
    const answer = await guarded(refusing(401)).ask("/orders/1");
    expect(await problemOf(answer)).toEqual([401, "credential-missing", 'Bearer realm="api"']);
  });

  it.each([100, 301, 302, 304, 307, 400, 404, 407, 429, 500, 503])(
    "with %i decides nothing: 503",
    async (status) => {
      const answered = () => Response.json(null, { status: 200 });
      const fake = () => Object.defineProperty(answered(), "status", { value: status }) as Response;
      const make =
        status < 200
          ? fake
          : () => new Response(null, { status, headers: { location: "/login", ...ALLOWED } });
      const { ask, passed } = guarded(make);
      const answer = await ask("/orders/1", bearer);
      expect([await problemOf(answer), answer.headers.get("location")]).toEqual([
        [503, "verification-unavailable", null],
        null,
      ]);
      expect(passed()).toEqual([]);
    },
  );

  it.each([
    ["is gone", () => Promise.reject(new TypeError("Network connection lost."))],
    [
      "is silent",
      ({ signal }: { signal?: AbortSignal | null | undefined }) =>
        new Promise<never>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    ],
  ])("because it %s lets nobody pass", async (_, answer) => {
    const { ask, passed, lines } = guarded(answer, { timeout: "30ms" });
    expect(await problemOf(await ask("/orders/1", bearer))).toEqual([503, "verification-unavailable", null]);
    expect(passed()).toEqual([]);
    expect(lines[0]?.cause).toMatch(/^auth does not answer: /);
  });
});
