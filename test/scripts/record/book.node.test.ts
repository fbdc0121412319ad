import { describe, expect, it } from "vitest";
import { Book } from "../../../scripts/record/book.ts";

const ORIGIN = "https://api.example";
const answer = (text: string) => ({ status: 200, headers: {}, text });
const get = (target: string) => ({ method: "GET", target });

describe("a recording that grows", () => {
  it("is the same whatever the order of requests", () => {
    const requests = [
      get("/b"),
      get("/a"),
      { method: "POST", target: "/a", body: "sha256-2" },
      { method: "POST", target: "/a", body: "sha256-1" },
      { ...get("/a"), vary: { accept: "text/html" } },
      get("/a?x"),
    ];
    const written = [requests, requests.toReversed()].map((list) => {
      const book = new Book(ORIGIN, undefined);
      for (const [index, request] of list.entries())
        book.add(request, answer("x"), index % 2 === 0 ? ["sig"] : ["api_key"]);
      return book.recording();
    });
    expect(written[0]).toEqual(written[1]);
    expect(written[0]).toMatchObject({ version: 1, origin: ORIGIN, redacted: ["api_key", "sig"] });
    expect(
      written[0]?.exchanges.map(({ method, target, body, vary }) => [method, target, body ?? vary]),
    ).toEqual([
      ["GET", "/a", undefined],
      ["GET", "/a", { accept: "text/html" }],
      ["POST", "/a", "sha256-1"],
      ["POST", "/a", "sha256-2"],
      ["GET", "/a?x", undefined],
      ["GET", "/b", undefined],
    ]);
  });

  it("keeps answers that differ, in their order, and no repetition", () => {
    const book = new Book(ORIGIN, undefined);
    for (const text of ["pending", "pending", "done", "done", "pending"])
      book.add(get("/a"), answer(text), []);
    expect(book.recording().exchanges[0]?.answers.map(({ text }) => text)).toEqual([
      "pending",
      "done",
      "pending",
    ]);
  });

  it("takes the place of what is asked again, and keeps the rest", () => {
    const first = new Book(ORIGIN, undefined);
    for (const target of ["/a", "/b"])
      for (const text of ["1", "2"]) first.add(get(target), answer(text), ["sig"]);
    const second = new Book(ORIGIN, first.recording());
    expect(second.recording()).toEqual(first.recording());
    second.add(get("/a"), answer("2"), []);
    second.add(get("/a"), answer("3"), []);
    const { exchanges, redacted } = second.recording();
    expect(exchanges.map(({ answers }) => answers.map(({ text }) => text))).toEqual([
      ["2", "3"],
      ["1", "2"],
    ]);
    expect(redacted).toEqual(["sig"]);
  });
});
