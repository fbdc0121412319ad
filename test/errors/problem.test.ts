import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { catalog, type ErrorCode } from "../../src/errors/catalog.ts";
import { problem } from "../../src/errors/problem.ts";
import { Refusal, RefusalError, refuse } from "../../src/errors/refusal.ts";

describe("a problem", () => {
  it("has the members of RFC 9457, its code and the request's id", async () => {
    const answer = problem(refuse("route-not-found"), "request-1");
    expect(answer.status).toBe(404);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await answer.json()).toEqual({
      type: "/_gateway/errors#route-not-found",
      title: "There is no such route",
      status: 404,
      code: "route-not-found",
      requestId: "request-1",
    });
  });

  it.each(Object.keys(catalog) as ErrorCode[])("of %s has the catalog's status and title", async (code) => {
    const answer = problem(refuse(code), "request-1");
    const { status, title } = catalog[code];
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ status, title, code });
  });

  it("says what there is to say of this occurrence, and carries its headers, repeated ones too", async () => {
    const answer = problem(
      refuse("rate-limited", {
        detail: "This allows 60 requests per 1m.",
        extensions: { "violated-policies": ["a", "b"] },
        headers: [
          ["retry-after", "17"],
          ["www-authenticate", "Bearer"],
          ["www-authenticate", "Basic"],
        ],
      }),
      "request-1",
    );
    expect(await answer.json()).toMatchObject({
      detail: "This allows 60 requests per 1m.",
      "violated-policies": ["a", "b"],
    });
    expect(answer.headers.get("retry-after")).toBe("17");
    expect(answer.headers.get("www-authenticate")).toBe("Bearer, Basic");
  });

  it("cannot be made to say another status, type or id by an extension", async () => {
    const members = ["type", "title", "status", "code", "requestId"];
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom(...members, "other"), fc.jsonValue()),
        async (extensions) => {
          const body = await problem(refuse("route-not-found", { extensions }), "request-1").json();
          expect(body).toMatchObject({ code: "route-not-found", status: 404, requestId: "request-1" });
          expect(body).toMatchObject({
            type: "/_gateway/errors#route-not-found",
            title: "There is no such route",
          });
        },
      ),
    );
  });

  it("never tells the cause", async () => {
    const cause = new Error("password: hunter2");
    const answer = problem(refuse("internal-error", { cause }), "request-1");
    expect((await answer.text()) + JSON.stringify([...answer.headers])).not.toContain("hunter2");
  });
});

describe("a refusal", () => {
  it("is a value that knows its entry of the catalog", () => {
    const refusal = refuse("rate-limited");
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal.entry).toBe(catalog["rate-limited"]);
    expect(refusal.details).toEqual({});
  });

  it("travels as an error through code that has no room for it, with its cause", () => {
    const cause = new Error("why");
    const refusal = refuse("upstream-timeout", { cause });
    const error = new RefusalError(refusal);
    expect(error).toBeInstanceOf(Error);
    expect(error.refusal).toBe(refusal);
    expect([error.name, error.message, error.cause]).toEqual(["RefusalError", "upstream-timeout", cause]);
  });
});
