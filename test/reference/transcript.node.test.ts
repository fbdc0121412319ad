import { describe, expect, it } from "vitest";
import { parseTranscript } from "./transcript.ts";

describe("parseTranscript", () => {
  it("reads requests, what upstreams answer, and the time between", () => {
    const text = `# Later on, 61s later, or so
$ curl -i -X PUT 'http://api.example/teas?a=1' -H "Authorization: Bearer $ADA" \\
    --json '{"id":1}'
  > PUT https://catalog.example/teas?a=1
  > x-tea: 1
  < 201
  < etag: "a"
  < {"ok":
  < true}
  > GET https://catalog.example/other
  < never
  > GET https://catalog.example/events
  < 200
  < content-type: text/event-stream
  < data: 1
  < never
  log {"status":201}
HTTP/1.1 201 Created

{"ok":true}
`;
    expect(parseTranscript(`# 1m later\n${text}`)).toEqual([
      {
        later: 121_000,
        command: {
          method: "PUT",
          target: "/teas?a=1",
          host: "api.example",
          headers: [
            ["Authorization", "Bearer $ADA"],
            ["content-type", "application/json"],
            ["accept", "application/json"],
          ],
          body: '{"id":1}',
        },
        answers: [
          {
            method: "PUT",
            url: "https://catalog.example/teas?a=1",
            status: 201,
            headers: [["etag", '"a"']],
            body: '{"ok":\ntrue}',
            stalls: false,
          },
          {
            method: "GET",
            url: "https://catalog.example/other",
            status: "never",
            headers: [],
            body: "",
            stalls: false,
          },
          {
            method: "GET",
            url: "https://catalog.example/events",
            status: 200,
            headers: [["content-type", "text/event-stream"]],
            body: "data: 1",
            stalls: true,
          },
        ],
        logged: { status: 201 },
        text: text.slice(text.indexOf("$")).trimEnd(),
      },
    ]);
  });

  it("reads passwords and client certificates", () => {
    const [exchange] = parseTranscript(
      "$ curl -i -u 'ada:a b' --cert ada.pem --key ada-key.pem https://api.example/teas",
    );
    expect(exchange?.command).toEqual({
      method: "GET",
      target: "/teas",
      host: "api.example",
      headers: [["authorization", "Basic YWRhOmEgYg=="]],
      body: undefined,
      certificate: "ada.pem",
    });
  });

  it("refuses what it does not know, so that nothing is passed over", () => {
    expect(() => parseTranscript("$ wget http://api.example/")).toThrow("no curl command");
    expect(() => parseTranscript("$ curl -i --compressed http://api.example/")).toThrow("--compressed");
    expect(() => parseTranscript("$ curl -i")).toThrow("no URL");
    expect(() => parseTranscript("HTTP/1.1 200 OK")).toThrow("neither a command nor a remark");
  });
});
