import { describe, expect, it } from "vitest";
import { readDocument } from "../../../scripts/consumers/document.ts";

const TIME = "2026-11-20T12:00:00Z";
const consumer = (id = "acme", more: object = {}) => ({
  consumer: { id, createdAt: TIME, version: 1, ...more },
});
const key = (id: string, more: object = {}) => ({
  key: { id, consumer: "acme", prefix: "shop", hash: "a".repeat(64), createdAt: TIME, ...more },
});
const document = (records: unknown, more: object = {}) =>
  JSON.stringify({ format: "isogate-consumers", version: 1, records, ...more });

describe("a file to import", () => {
  it("gives its records as they are written", () => {
    const records = [consumer(), key("k1")];
    expect(readDocument(document(records))).toEqual(records);
    expect(readDocument(document([]))).toEqual([]);
    // Its consumer may be in the registry already.
    expect(readDocument(document([key("k1")]))).toHaveLength(1);
  });

  it.each([
    [
      '{"format":"isogate-consumers","records":[',
      "The file is no JSON: an export that was interrupted is not whole.",
    ],
    ["[]", "The file is no export"],
    ["null", "The file is no export"],
    [document([], { format: "other" }), "The file is no export"],
    [document([], { version: 2 }), "The file has version 2 of the format; this reads version 1."],
    [document({}), "The file has no records."],
    [document([consumer("acme", { plan: "a b" })]), "records[0].consumer.plan is a name of"],
    [document([consumer(), key("k1", { hash: "x" })]), "records[1].key.hash is the SHA-256"],
    [document([consumer(), consumer("acme", { plan: "gold" })]), "records[1].consumer is not as it is here."],
    [document([consumer(), key("k1"), key("k2")]), "records[2].key.hash is that of another key."],
    [
      document([key("k1"), consumer()]),
      "records[0].key.consumer is no consumer here, nor in a record before.",
    ],
  ])("is refused whole before anything is sent: %s", (text, message) => {
    expect(() => readDocument(text)).toThrow(message);
  });

  it("says many mistakes at once, and how many more there are", () => {
    const wrong = Array.from({ length: 23 }, (_, n) => consumer(`c${n}`, { roles: "a" }));
    expect(() => readDocument(document(wrong))).toThrow(
      /records\[0\].*[\s\S]*records\[19\].*\n {2}… and 3 more\.$/,
    );
  });
});
