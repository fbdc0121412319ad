import { describe, expect, it } from "vitest";
import type { Route } from "../../../src/manifest/define.ts";
import { compose, type ShedOptions, upstream } from "../../../src/manifest/index.ts";
import { gatewayOf } from "../../support/in-process.ts";
import { until } from "../../support/until.ts";

/** A gateway before an upstream that never answers unless told to, and bears so many. */
function crowded(shed: ShedOptions) {
  const origin = upstream("origin", { origin: "https://origin.example", shed });
  const waiting: Array<(response: Response) => void> = [];
  const of = (priority?: Route["priority"]): Route =>
    ({ access: "public", forward: { upstream: origin }, ...(priority && { priority }) }) as Route;
  const parts = {
    access: "public",
    compose: compose({
      needed: { upstream: origin, path: "/needed" },
      extra: { upstream: origin, path: "/extra", optional: true, fallback: "none" },
    }),
  } as Route;
  const gateway = gatewayOf(
    {
      "GET /critical": of("critical"),
      "GET /normal": of("normal"),
      "GET /plain": of(),
      "GET /background": of("background"),
      "GET /parts": parts,
    },
    { origin: () => new Promise<Response>((resolve) => waiting.push(resolve)) },
  );
  const open: Array<Promise<Response>> = [];
  return {
    ...gateway,
    waiting,
    open,
    /** Has so many in flight. */
    async fill(count: number) {
      while (waiting.length < count) {
        const before = waiting.length;
        open.push(gateway.begin("/critical"));
        await until(() => waiting.length === before + 1);
      }
    },
    async settle() {
      for (const resolve of waiting.splice(0)) resolve(Response.json({}));
      for (const answer of await Promise.all(open.splice(0))) await answer.text();
    },
    /** Whether a request is let in. */
    async letsIn(path: string): Promise<boolean> {
      const before = waiting.length;
      const answer = gateway.begin(path);
      let isAnswered = false;
      void answer.finally(() => {
        isAnswered = true;
      });
      await until(() => isAnswered || waiting.length > before);
      if (isAnswered) return (await answer).status !== 503;
      open.push(answer);
      return true;
    },
  };
}

describe("an upstream that bears ten", () => {
  const ten = { start: 10, min: 10, max: 10 };

  it.each([
    ["/background", 8],
    ["/plain", 9],
    ["/normal", 9],
    ["/critical", 10],
  ] as const)("is asked for %s while fewer than %i are in flight", async (path, room) => {
    const { fill, letsIn, settle } = crowded(ten);
    await fill(room - 1);
    expect(await letsIn(path)).toBe(true);
    expect(await letsIn(path)).toBe(false);
    await settle();
    expect(await letsIn(path)).toBe(true);
    await settle();
  });

  it("refuses with 503 and a moment to come back at", async () => {
    const { fill, begin, lines, settle } = crowded(ten);
    await fill(10);
    const refused = await begin("/critical");
    expect([refused.status, await refused.json()]).toEqual([
      503,
      expect.objectContaining({ code: "temporary-reduced-capacity" }),
    ]);
    expect(["1", "2", "3"]).toContain(refused.headers.get("retry-after"));
    expect(lines.at(-1)).toMatchObject({ cause: "origin: 10 in flight, it can bear 10" });
    await settle();
  });

  it("does without the optional parts of a composition before it does without anything else", async () => {
    const { fill, begin, waiting, open, settle } = crowded(ten);
    await fill(6);
    const whole = begin("/parts");
    await until(() => waiting.length === 7);
    waiting.pop()!(Response.json("there"));
    expect(await (await whole).json()).toEqual({ needed: "there", extra: "none" });
    expect(open).toHaveLength(6);
    await settle();
    const both = begin("/parts");
    await until(() => waiting.length === 2);
    for (const resolve of waiting.splice(0)) resolve(Response.json("there"));
    expect(await (await both).json()).toEqual({ needed: "there", extra: "there" });
  });

  it("refuses nobody on trial, and says whom it would have", async () => {
    const { fill, letsIn, settle, lines } = crowded({ ...ten, mode: "report" });
    await fill(10);
    expect(await letsIn("/background")).toBe(true);
    await settle();
    expect(lines.filter(({ reported }) => reported !== undefined)).toMatchObject([
      { reported: [{ policy: "shed", code: "temporary-reduced-capacity" }] },
    ]);
  });
});
