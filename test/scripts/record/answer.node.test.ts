import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { LARGEST_BODY, recordAnswer } from "../../../scripts/record/answer.ts";
import { type Field, Secrets } from "../../../scripts/record/secrets.ts";

const record = (body: string | Buffer, fields: readonly Field[] = [], values: readonly string[] = []) =>
  recordAnswer({ status: 200, fields, body: Buffer.from(body) }, new Secrets([]), values);
const body = (...args: Parameters<typeof record>) => {
  const {
    status: _,
    headers: __,
    ...rest
  } = record(...args) as ReturnType<typeof record> & { status: number; headers: object };
  return rest;
};

describe("what is recorded of an answer", () => {
  it.each<[string, string | Buffer, object]>([
    ["nothing", "", {}],
    [
      "JSON that reads as it is sent",
      '{"a":[1,null],"__proto__":{"é":"\\n"}}',
      { json: JSON.parse('{"a":[1,null],"__proto__":{"é":"\\n"}}') },
    ],
    ["null", "null", { json: null }],
    ["JSON with white space", '{"a": 1}', { text: '{"a": 1}' }],
    ["a number that JavaScript would round", "12345678901234567890", { text: "12345678901234567890" }],
    ["a member twice", '{"a":1,"a":2}', { text: '{"a":1,"a":2}' }],
    ["members that JavaScript would sort", '{"b":1,"1":2}', { text: '{"b":1,"1":2}' }],
    ["text", "tea\r\n\u{1F375}\0", { text: "tea\r\n\u{1F375}\0" }],
    ["a byte order mark", "\uFEFF{}", { text: "\uFEFF{}" }],
    ["bytes", Buffer.from([0, 255, 254]), { base64: "AP/+" }],
    ["half a character", Buffer.from("é").subarray(0, 1), { base64: "ww==" }],
  ])("is its body, byte for byte: %s", (_, bytes, expected) => {
    expect(body(bytes)).toEqual(expected);
  });

  it("is the body without its coding", () => {
    expect(record(gzipSync("tea"), [["Content-Encoding", "gzip"]])).toEqual({
      status: 200,
      headers: {},
      text: "tea",
    });
    expect(body(brotliCompressSync("tea"), [["content-encoding", "BR"]])).toEqual({ text: "tea" });
  });

  it("is without the secrets of the URLs that it names", () => {
    expect(record("", [["Location", "https://a.example/x?Token=abc&page=2#access_token=def"]])).toEqual({
      status: 200,
      headers: { location: "https://a.example/x?Token=REDACTED&page=2#access_token=REDACTED" },
    });
  });

  it("is what says something of it, sorted", () => {
    const fields: Field[] = [
      ["X-B", "1"],
      ["ETag", '"1"'],
      ["x-b", "2"],
      ["Date", "now"],
      ["Age", "7"],
      ["Content-Length", "3"],
      ["Connection", "x-hop"],
      ["X-Hop", "1"],
      ["Keep-Alive", "timeout=5"],
      ["Transfer-Encoding", "chunked"],
      ["Set-Cookie", "session=1"],
      ["Authorization", "x"],
      ["X-Request-Id", "1"],
      ["X-Name", "k\u00e4nnchen"],
    ];
    const { headers } = record("tea", fields) as { headers: object };
    expect(Object.entries(headers)).toEqual([
      ["etag", '"1"'],
      ["x-b", "1, 2"],
    ]);
  });

  it("holds no secret that the exchange had, in whatever bytes", () => {
    const values = ["s3cret-\u00e9"];
    expect(record("it is s3cret-\u00e9.", [["x-echo", "s3cret-\u00e9"]], values)).toEqual({
      status: 200,
      headers: { "x-echo": "REDACTED" },
      text: "it is REDACTED.",
    });
    const bytes = Buffer.concat([Buffer.from([255]), Buffer.from("s3cret-\u00e9")]);
    expect(body(bytes, [], values)).toEqual({
      base64: Buffer.from("\xffREDACTED", "latin1").toString("base64"),
    });
    expect(body('{ "access_token": "x", "n": 1 }')).toEqual({ json: { access_token: "REDACTED", n: 1 } });
  });

  it("is nothing where it cannot be played again", () => {
    const reason = (answer: object) =>
      recordAnswer({ status: 200, fields: [], body: Buffer.from("x"), ...answer }, new Secrets([]), []);
    expect(reason({ status: 199 })).toEqual({ reason: "the status 199 means nothing" });
    expect(reason({ body: undefined })).toEqual({ reason: "its body is larger than 1000000 bytes" });
    expect(reason({ fields: [["content-encoding", "aws-chunked"]] })).toEqual({
      reason: "its content-encoding aws-chunked cannot be read",
    });
    expect(reason({ fields: [["content-encoding", "constructor"]] })).toHaveProperty("reason");
    expect(reason({ fields: [["content-encoding", "gzip"]] })).toEqual({
      reason: "its content-encoding gzip cannot be read",
    });
    const bomb = gzipSync(Buffer.alloc(LARGEST_BODY + 1));
    expect(reason({ fields: [["content-encoding", "gzip"]], body: bomb })).toHaveProperty("reason");
  });
});
