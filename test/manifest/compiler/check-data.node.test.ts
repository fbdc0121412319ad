import { describe, expect, it } from "vitest";
import { upstream } from "../../../src/manifest/index.ts";
import { mistakes, mistakesIn } from "./judge.ts";

/** A public route with a parameter. */
const route = (more: object) => ({ "GET /x/:id": { access: "public", ...more } });

describe("data without end or sense", () => {
  it("is named, not walked for ever", () => {
    const circle: Record<string, unknown> = { text: "x" };
    circle.headers = { circle };
    expect(mistakesIn(route({ respond: circle }))).toEqual([
      "routes → 0.routes.GET /x/:id.respond.headers.circle: contains itself: a manifest is data without circles",
    ]);
  });

  it("is not what no JSON can hold either", () => {
    expect(mistakesIn(route({ respond: { json: { id: 1n } } }))).toEqual([
      "routes → 0.routes.GET /x/:id.respond.json.id: is a bigint, which no manifest can hold",
    ]);
  });

  it("may be the inside of an app, which is its own business", () => {
    const app: Record<string, unknown> = { fetch: () => new Response() };
    app.self = app;
    const own = upstream("own", { origin: app as never });
    expect(
      mistakes({ routes: [{ kind: "routes", group: {}, routes: route({ forward: { upstream: own } }) }] }),
    ).toEqual([]);
  });
});
