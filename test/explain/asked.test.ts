import { describe, expect, it } from "vitest";
import { type Asked, readAsked, requestOf } from "../../src/explain/asked.ts";

const GET: Asked = { method: "GET", url: "https://a.example/", headers: [] };

describe("a description of a request", () => {
  it("names method and URL; fields and body where there are any", () => {
    expect(readAsked({ method: "GET", url: "https://a.example/p?q" })).toEqual({
      method: "GET",
      url: "https://a.example/p?q",
      headers: [],
    });
    const whole = { method: "POST", url: "http://a.example/", headers: [["a", "b"]], body: "" };
    expect(readAsked(whole)).toEqual(whole);
  });

  it.each([
    [null, "object"],
    [[], "object"],
    ["GET /", "object"],
    [{ url: "https://a.example/" }, "method"],
    [{ ...GET, url: "/p" }, "absolute"],
    [{ ...GET, url: "https://a.example" }, "path"],
    [{ ...GET, url: "ftp://a.example/" }, "http"],
    [{ ...GET, headers: { a: "b" } }, "list"],
    [{ ...GET, headers: [["a"]] }, "list"],
    [{ ...GET, headers: [["a", 1]] }, "list"],
    [{ ...GET, headers: [["Upgrade", "websocket"]] }, "WebSocket"],
    [{ ...GET, body: {} }, "body"],
    [{ ...GET, header: [] }, '"header" is not known'],
  ])("is not %j", (value, said) => {
    expect(readAsked(value)).toContain(said);
  });
});

describe("the request", () => {
  const made = (asked: Partial<Asked>, address = "203.0.113.1") => {
    const request = requestOf({ ...GET, ...asked }, address);
    if (typeof request === "string") throw new Error(request);
    return request;
  };

  it("has its URL as it was written", () => {
    for (const url of [
      "https://a.example/a/../b",
      "https://a.example/%2e%2e/x\\y",
      "https://A.example/?q= ",
    ]) {
      expect(made({ url }).url).toBe(url);
    }
  });

  it("has its fields, those given twice joined", () => {
    const { headers, method } = made({
      method: "DELETE",
      headers: [
        ["X-A", "1"],
        ["x-a", "2"],
      ],
    });
    expect([method, headers.get("x-a")]).toEqual(["DELETE", "1, 2"]);
  });

  it("comes from the address of whoever asks, unless it names another", () => {
    expect(made({}).headers.get("cf-connecting-ip")).toBe("203.0.113.1");
    const named = made({ headers: [["CF-Connecting-IP", "198.51.100.9"]] });
    expect(named.headers.get("cf-connecting-ip")).toBe("198.51.100.9");
  });

  it("says how long its body is", async () => {
    const request = made({ method: "POST", body: "é!" });
    expect([request.headers.get("content-length"), await request.text()]).toEqual(["3", "é!"]);
  });

  it("is not told by its values where it cannot be sent", () => {
    for (const value of ["secret\n", "secret\0", "secr€t"]) {
      const said = requestOf({ ...GET, headers: [["x-api-key", value]] }, "");
      expect(said).toContain("the value of x-api-key");
      expect(said).not.toContain("secr");
    }
  });

  it("cannot be one that nobody can send", () => {
    for (const asked of [
      { body: "a GET has none" },
      { headers: [["a b", "1"]] as const },
      { headers: [["a", "1\n2"]] as const },
      { method: "A B" },
    ]) {
      expect(requestOf({ ...GET, ...asked }, "")).toMatch(/^No such request can be sent: /);
    }
  });
});
