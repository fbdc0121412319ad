import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTraceparent, readTraceContext } from "../../src/http/trace-context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

/** Bytes 1, 2, 3 and so on. */
const random = (bytes: Uint8Array) => bytes.map((_, index) => index + 1);

function read(traceparent: string | null, tracestate?: string) {
  const headers = new Headers();
  if (traceparent !== null) headers.set("traceparent", traceparent);
  if (tracestate !== undefined) headers.set("tracestate", tracestate);
  return readTraceContext(headers, random);
}

const NEW = {
  traceId: "0102030405060708090a0b0c0d0e0f10",
  parentId: "1112131415161718",
  flags: "01",
  state: undefined,
};

describe("readTraceContext", () => {
  it("begins a trace where there is none", () => {
    expect(read(null)).toEqual(NEW);
  });

  it("continues a trace with a span of its own", () => {
    expect(read(`00-${TRACE}-${SPAN}-01`)).toEqual({
      traceId: TRACE,
      parentId: "0102030405060708",
      flags: "01",
      state: undefined,
      remoteParent: SPAN,
    });
  });

  it.each([
    ["version ff", `ff-${TRACE}-${SPAN}-01`],
    ["an all-zero trace id", `00-${"0".repeat(32)}-${SPAN}-01`],
    ["an all-zero span id", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["upper case", `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ["a short trace id", `00-${TRACE.slice(1)}-${SPAN}-01`],
    ["a long span id", `00-${TRACE}-${SPAN}0-01`],
    ["missing flags", `00-${TRACE}-${SPAN}`],
    ["version 00 with further fields", `00-${TRACE}-${SPAN}-01-extra`],
    ["version 00 with a trailing dash", `00-${TRACE}-${SPAN}-01-`],
    ["a later version with text after the flags", `cc-${TRACE}-${SPAN}-01.extra`],
    ["a letter that is no hex digit", `00-${TRACE.replace("a", "g")}-${SPAN}-01`],
    ["two values", `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
    ["nothing in it", ""],
  ])("begins a new trace, without the old state, for %s", (_, traceparent) => {
    expect(read(traceparent, "vendor=1")).toEqual(NEW);
  });

  it.each([`cc-${TRACE}-${SPAN}-01`, `cc-${TRACE}-${SPAN}-01-what-comes-later`])(
    "reads a later version as far as it is known: %s",
    (traceparent) => {
      const context = read(traceparent);
      expect(context.traceId).toBe(TRACE);
      expect(formatTraceparent(context)).toBe(`00-${TRACE}-0102030405060708-01`);
    },
  );

  it.each([
    ["00", "00"],
    ["01", "01"],
    ["02", "02"],
    ["03", "03"],
    ["ff", "03"],
    ["fc", "00"],
  ])("of the flags %s passes on %s", (inbound, outbound) => {
    expect(read(`00-${TRACE}-${SPAN}-${inbound}`).flags).toBe(outbound);
  });

  it.each([
    ["one member", "congo=t61rcWkgMzE", "congo=t61rcWkgMzE"],
    ["a tenant's key", "fw529a3039@dt=FfPa", "fw529a3039@dt=FfPa"],
    ["blanks and empty members", " a=1 ,, b=2 , ", "a=1,b=2"],
    ["a value with a colon and a blank", "a=x: y", "a=x: y"],
  ])("keeps a state with %s", (_, inbound, outbound) => {
    expect(read(`00-${TRACE}-${SPAN}-01`, inbound).state).toBe(outbound);
  });

  it.each([
    ["no value", "a="],
    ["no equals sign", "a"],
    ["two equals signs", "a=1=2"],
    ["an upper-case key", "A=1"],
    ["one bad member among good ones", "a=1,b,c=3"],
    ["33 members", Array.from({ length: 33 }, (_, index) => `k${index}=1`).join(",")],
    ["more than 512 characters", `a=${"x".repeat(255)},b=${"x".repeat(255)}`],
    ["nothing but commas", ", ,"],
  ])("drops a state with %s, and keeps the trace", (_, state) => {
    const context = read(`00-${TRACE}-${SPAN}-01`, state);
    expect(context.state).toBeUndefined();
    expect(context.traceId).toBe(TRACE);
  });

  it("keeps a state of exactly 32 members, sent as two fields", () => {
    const members = Array.from({ length: 32 }, (_, index) => `k${index}=1`);
    const headers = new Headers({ traceparent: `00-${TRACE}-${SPAN}-01` });
    headers.append("tracestate", members.slice(0, 10).join(","));
    headers.append("tracestate", members.slice(10).join(","));
    expect(readTraceContext(headers, random).state).toBe(members.join(","));
  });

  it("whatever comes in, sends on a valid traceparent", () => {
    const hex = fc.constantFrom(..."0123456789abcdefABCDEF-g ");
    const near = fc.array(hex, { minLength: 50, maxLength: 60 }).map((digits) => digits.join(""));
    fc.assert(
      fc.property(fc.oneof(near, fc.stringMatching(/^[\x21-\x7e]*$/)), (traceparent) => {
        expect(formatTraceparent(read(traceparent))).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/);
      }),
    );
  });
});
