import { describe, expect, it } from "vitest";
import { check, options } from "../../../src/policies/personalise/stream.ts";
import { upstream } from "../../../src/upstream/declare.ts";
import { ADA, asAda, gatewayOf, NOW } from "../../support/in-process.ts";

const service = upstream("service", { origin: "https://service.example" });
const forward = { upstream: service };

/** An answer that never ends by itself, and whether it is still wanted. */
function endless(headers: Readonly<Record<string, string>>) {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  return { response: new Response(readable, { headers }), writer };
}

describe("stream", () => {
  it("takes times, or true where a credential ends it", () => {
    expect(options().parse({ idleTimeout: "30s", maxDuration: "1h" })).toEqual({
      idleTimeout: 30_000,
      maxDuration: 3_600_000,
    });
    for (const wrong of [false, "30s", { idle: "30s" }, { idleTimeout: 30 }, { maxDuration: "0s" }]) {
      expect(options().safeParse(wrong).success).toBe(false);
    }
    expect(check({}, { authenticates: true })).toEqual([]);
    expect(check({ idleTimeout: 1 }, { authenticates: false })).toEqual([]);
    expect(check({}, { authenticates: false })).toHaveLength(1);
  });

  it("counts a body, and its line waits for the end", async () => {
    const { begin, settled, lines } = gatewayOf(
      { "GET /x": { access: "public", stream: { maxDuration: "1h" }, watchBody: true, forward } },
      { origin: () => new Response("hello", { headers: { "content-length": "5" } }) },
    );
    const answer = await begin("/x");
    expect(lines).toEqual([]);
    expect(await answer.text()).toBe("hello");
    await settled();
    expect(lines).toEqual([expect.objectContaining({ status: 200, bytes: 5 })]);
  });

  it("ends an answer whose caller's credential has ended", async () => {
    const events = endless({ "content-type": "text/event-stream" });
    const expired = { ...ADA, expiresAt: NOW };
    const { begin, settled, lines } = gatewayOf(
      { "GET /x": { access: asAda, stream: true, forward } },
      { origin: () => events.response, identity: expired },
    );
    const answer = await begin("/x", { headers: { authorization: "any" } });
    expect(await answer.text()).toBe("");
    await settled();
    await expect(events.writer.write(new Uint8Array(1))).rejects.toBeDefined();
    expect(lines[0]).toMatchObject({ notes: ["the body was ended: credential expired"] });
  });

  it("leaves an answer without a body alone", async () => {
    const { begin, settled, lines } = gatewayOf(
      { "GET /x": { access: "public", stream: { idleTimeout: "1s" }, forward } },
      { origin: () => new Response(null, { status: 204 }) },
    );
    expect((await begin("/x")).status).toBe(204);
    await settled();
    expect(lines[0]).not.toHaveProperty("bytes");
  });

  it("asks for a part without a coding, because a part of a coded body cannot be read", async () => {
    const route = { access: "public", stream: { idleTimeout: "1s" }, forward } as const;
    const { begin, sent } = gatewayOf({ "GET /x": route });
    await begin("/x", { headers: { range: "bytes=0-3", "accept-encoding": "gzip" } });
    await begin("/x", { headers: { "accept-encoding": "gzip" } });
    expect(sent.map(({ headers }) => [headers.get("range"), headers.get("accept-encoding")])).toEqual([
      ["bytes=0-3", "identity"],
      [null, "gzip"],
    ]);
  });

  it("refuses a coded part that comes all the same: nothing would end it", async () => {
    const headers = { "content-encoding": "gzip", "content-range": "bytes 0-3/9" };
    const { ask, lines } = gatewayOf(
      { "GET /x": { access: "public", stream: { idleTimeout: "1s" }, forward } },
      { origin: () => new Response("part", { status: 206, headers, encodeBody: "manual" }) },
    );
    expect((await ask("/x", { headers: { range: "bytes=0-3" } })).status).toBe(502);
    expect(lines[0]).toMatchObject({ code: "upstream-invalid", fault: "upstream" });
  });
});
