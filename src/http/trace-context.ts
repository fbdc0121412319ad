/** Where a request stands in its trace: W3C Trace Context, https://www.w3.org/TR/trace-context/. */
export interface TraceContext {
  /** 32 lower-case hex digits, the same at every hop. */
  readonly traceId: string;
  /** 16 lower-case hex digits: this hop's span, which the origin sees as its parent. */
  readonly parentId: string;
  /** 2 lower-case hex digits; bit 0 is `sampled`, bit 1 `random-trace-id`. */
  readonly flags: string;
  /** `tracestate` as received, members joined; undefined where there is none that may be passed on. */
  readonly state: string | undefined;
  /** The caller's span; absent where the trace begins here. */
  readonly remoteParent?: string;
}

/** A valid `traceparent` of any version but `ff`, §3.2.2: lower case, no all-zero id, further fields after a dash. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/;
/** Length of a version 00 `traceparent`, which may have no further fields (§3.2.2). */
const VERSION_00_LENGTH = 55;
/** §3.3.1.3: a key of at most 256 characters, printable ASCII as value without comma, equals sign and trailing blank. */
const TRACESTATE_MEMBER =
  /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const TRACESTATE_MEMBERS = 32;
const TRACESTATE_LENGTH = 512;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/**
 * Continues the caller's trace, or begins one where there is none that is valid.
 * @param random fills an array with random bytes; called once.
 */
export function readTraceContext(headers: Headers, random: (bytes: Uint8Array) => Uint8Array): TraceContext {
  const inbound = headers.get("traceparent");
  if (inbound === null || !TRACEPARENT.test(inbound) || !lengthFits(inbound)) {
    const bytes = random(new Uint8Array(24));
    // A new trace counts as sampled: origins that sample by their parent would otherwise record nothing.
    return { traceId: hex(bytes, 0, 16), parentId: hex(bytes, 16, 24), flags: "01", state: undefined };
  }
  return {
    traceId: inbound.slice(3, 35),
    parentId: hex(random(new Uint8Array(8)), 0, 8),
    // §3.2.2.5: bits without a meaning are sent as zero; those with one are in the last digit.
    flags: `0${Number.parseInt(inbound.charAt(54), 16) & 3}`,
    state: readTraceState(headers.get("tracestate")),
    remoteParent: inbound.slice(36, 52),
  };
}

/** The `traceparent` for the next hop, in version 00. */
export function formatTraceparent(context: TraceContext): string {
  return `00-${context.traceId}-${context.parentId}-${context.flags}`;
}

function lengthFits(traceparent: string): boolean {
  return traceparent.length === VERSION_00_LENGTH || !traceparent.startsWith("00");
}

/** §3.3: what is malformed or over the limits is dropped as a whole and leaves the trace itself intact. */
function readTraceState(header: string | null): string | undefined {
  if (header === null) return undefined;
  const members = header
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "");
  if (members.length === 0 || members.length > TRACESTATE_MEMBERS) return undefined;
  const state = members.join(",");
  if (state.length > TRACESTATE_LENGTH) return undefined;
  return members.every((member) => TRACESTATE_MEMBER.test(member)) ? state : undefined;
}

function hex(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let index = from; index < to; index++) text += HEX[bytes[index]!];
  return text;
}
