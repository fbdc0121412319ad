import * as z from "zod";
import type { RequestContext } from "../../context.ts";
import { type Refusal, RefusalError, refuse } from "../../errors/refusal.ts";
import { type WebOrigins, webOriginTest } from "../../http/web-origin.ts";
import { handshakeFault, isWebSocketUpgrade, subprotocols, WEBSOCKET_VERSION } from "../../http/websocket.ts";
import type { AccessRecord } from "../../observe/record.ts";
import { inMode, type Mode } from "../../observe/report.ts";
import { duration } from "../../schema/duration.ts";
import { mode } from "../../schema/mode.ts";
import { size } from "../../schema/size.ts";
import { webOrigins } from "../../schema/web-origin.ts";
import { latestEnd } from "../../streams/latest-end.ts";
import { type RelayEnd, relay } from "../../streams/relay.ts";
import { type Close, FLOOD } from "../../streams/socket-rules.ts";
import type { Policy, Resolved, RouteFacts, Tools } from "../policy.ts";

/**
 * The route speaks WebSocket and nothing else: another request is refused with 426, and an upgrade is passed on. A
 * page may open one only from the request's own web origin, or from `origins`; what sends no `Origin` is no page and
 * is let in. The connection ends with the credential that it was opened with (close code 1008).
 *
 * Where nothing ends or bounds it, messages pass untouched. Else they are relayed one by one; the access-log line
 * waits for the end then, and a message waits in memory until its receiver takes it. A side that does not close within
 * five seconds when it is told to is dropped.
 */
export type WebSocketOptions =
  | true
  | {
      /**
       * Web origins whose pages may open one, in place of the request's own: such as `https://shop.example`,
       * `https://*.shop.example` for every name below it, or `"*"` for any.
       */
      readonly origins?: WebOrigins;
      /** Subprotocols. The client must offer one of them, and the upstream is offered no others. Default: any. */
      readonly protocols?: readonly string[];
      /** The largest message either way, such as `"64KB"`; a larger one ends it with 1009. Default: the runtime's, 32 MiB. */
      readonly maxMessage?: string;
      /** How many messages a second the client may send, or that many at once; more end it with 1008. Default: any. */
      readonly messagesPerSecond?: number;
      /**
       * How many bytes may pass either way in all, such as `"1GB"`; it ends with 1001 then. The one bound on what waits
       * in memory for a side that takes nothing. Default: `"64MB"` where messages are relayed.
       */
      readonly maxBytes?: string;
      /** How long no message may pass, such as `"5m"`; it ends with 1001 then. Pings are no messages. Default: ever. */
      readonly idle?: string;
      /** How long it may last in all, such as `"2h"`; it ends with 1001 then. Default: ever. */
      readonly maxDuration?: string;
      /** `report`: no `origins`, `protocols`, `maxMessage` or `messagesPerSecond` refuses or ends it yet. Default `enforce`. */
      readonly mode?: Mode;
    };

interface Compiled {
  origins?: "*" | string[] | undefined;
  protocols?: string[] | undefined;
  /** Bytes. */
  maxMessage?: number | undefined;
  messagesPerSecond?: number | undefined;
  /** Bytes. */
  maxBytes?: number | undefined;
  /** ms */
  idle?: number | undefined;
  /** ms */
  maxDuration?: number | undefined;
  mode: Mode;
}

/** Bytes that a relayed connection carries either way, unless told otherwise: half of what an isolate has in memory. */
const DEFAULT_MAX_BYTES = 64_000_000;

/** A token (RFC 6455 §4.1, RFC 9110 §5.6.2). */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** @returns the schema of {@link WebSocketOptions}. */
export function options() {
  const time = duration({ min: "1ms" }).optional();
  const schema: z.ZodType<Compiled, WebSocketOptions> = z.union([
    z.literal(true).transform(() => ({ mode: "enforce" as const })),
    z.strictObject({
      origins: webOrigins().optional(),
      protocols: z.array(z.string().regex(TOKEN, "is no name of a subprotocol")).min(1).optional(),
      maxMessage: size({ min: "1B", max: "32MiB" }).optional(),
      messagesPerSecond: z.number().int().min(1).optional(),
      maxBytes: size({ min: "1B" }).optional(),
      idle: time,
      maxDuration: time,
      mode: mode(),
    }),
  ]);
  return schema;
}

/** Methods that open one: a group's `websocket` passes over its other routes. */
export const methods = ["GET"];

/** What is wrong with a WebSocket on a route like this. */
export function check(
  { maxMessage = 0, maxBytes = DEFAULT_MAX_BYTES }: Compiled,
  { method }: Pick<RouteFacts, "method">,
): string[] {
  return [
    ...(methods.includes(method) ? [] : ["a WebSocket is opened with GET (RFC 6455 §4.1)"]),
    ...(maxMessage <= maxBytes ? [] : ["`maxMessage` is more than `maxBytes` lets pass in all"]),
  ];
}

export function create(options: Resolved<Compiled>, { deps }: Pick<Tools, "deps">): Policy {
  const { now } = deps;
  const { origins, protocols, maxDuration, mode } = options;
  const allowsOrigin = origins && webOriginTest(origins);
  const spoken = protocols && new Set(protocols);
  const limits = {
    idle: options.idle ?? Number.POSITIVE_INFINITY,
    maxMessage: options.maxMessage ?? Number.POSITIVE_INFINITY,
    messagesPerSecond: options.messagesPerSecond ?? Number.POSITIVE_INFINITY,
    maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
  };
  const { idle, maxMessage, messagesPerSecond, maxBytes } = options;
  const bounded = (idle ?? maxMessage ?? messagesPerSecond ?? maxBytes) !== undefined;

  const refused = (ctx: RequestContext, refusal: Refusal) => inMode(mode, refusal, "websocket", ctx);

  function judgeOrigin(ctx: RequestContext): Refusal | undefined {
    const origin = ctx.request.headers.get("origin");
    if (origin === null) return undefined;
    const allowed = allowsOrigin?.(origin) ?? origin === `${ctx.scheme}://${ctx.host}`;
    return allowed ? undefined : refused(ctx, refuse("origin-not-allowed"));
  }

  function judgeProtocols(ctx: RequestContext): Refusal | undefined {
    if (spoken === undefined || subprotocols(ctx.request.headers).some((name) => spoken.has(name)))
      return undefined;
    const detail = `Offer one of ${[...spoken].join(", ")} in Sec-WebSocket-Protocol.`;
    return refused(ctx, refuse("subprotocol-required", { detail }));
  }

  return {
    websocket: true,

    // Browsers let any page open a WebSocket and leave it to the server to look at its origin (RFC 6455 §10.2).
    guard: (ctx) => judgeHandshake(ctx.request.headers) ?? judgeOrigin(ctx) ?? judgeProtocols(ctx),

    ...(spoken !== undefined &&
      mode === "enforce" && {
        upstream(request, ctx, next) {
          const headers = new Headers(request.headers);
          headers.set("sec-websocket-protocol", offered(headers, spoken).join(", "));
          return next({ ...request, headers }, ctx);
        },
      }),

    personalise(ctx, response) {
      const { webSocket: upstream } = response;
      if (upstream === null) return response;
      if (mode === "enforce" && spoken !== undefined) {
        judgeChoice(upstream, response.headers, offered(ctx.request.headers, spoken));
      }
      const bounds = { ...limits, end: latestEnd(ctx.identity, maxDuration, now()) };
      if (!bounded && bounds.end.at === Number.POSITIVE_INFINITY) return response;

      const { 0: client, 1: server } = new WebSocketPair();
      const enforces = onceEach((breach) => {
        const refusal = refusalOf(breach);
        if (refused(ctx, refusal) === undefined) return false;
        ctx.record.code = refusal.code;
        ctx.record.fault = refusal.entry.fault;
        return true;
      });
      const abandon = () => ctx.execution.abort?.(new Error("a WebSocket was told to close and did not"));
      ctx.ended = relay(server, upstream, { bounds, enforces, abandon, now }).then((end) => {
        ctx.record.websocket = recordOf(end);
      });
      return upgraded(client, response.headers);
    },
  };
}

/** A WebSocket route takes nothing else (RFC 9110 §15.5.22). */
function judgeHandshake(headers: Headers): Refusal | undefined {
  if (!isWebSocketUpgrade(headers))
    return refuse("upgrade-required", { headers: [["upgrade", "websocket"]] });
  switch (handshakeFault(headers)) {
    case "version":
      // RFC 6455 §4.4
      return refuse("upgrade-required", {
        detail: `Only version ${WEBSOCKET_VERSION} of the protocol is spoken.`,
        headers: [
          ["upgrade", "websocket"],
          ["sec-websocket-version", WEBSOCKET_VERSION],
        ],
      });
    case "key":
      return refuse("malformed-header", { detail: "Sec-WebSocket-Key is not 16 bytes in base64." });
    default:
      return undefined;
  }
}

/** What an upstream is offered of the client's subprotocols. */
function offered(headers: Headers, spoken: ReadonlySet<string>): readonly string[] {
  return subprotocols(headers).filter((name) => spoken.has(name));
}

/**
 * An upstream that chooses what it was not offered fails the connection (RFC 6455 §4.1).
 * @throws RefusalError `upstream-invalid`
 */
function judgeChoice(upstream: WebSocket, headers: Headers, offered: readonly string[]): void {
  const [chosen] = subprotocols(headers);
  if (chosen === undefined || offered.includes(chosen)) return;
  upstream.accept();
  upstream.close(1002, "a subprotocol that was not offered");
  const cause = `the upstream chose the subprotocol ${JSON.stringify(chosen)}, which was not offered`;
  throw new RefusalError(refuse("upstream-invalid", { cause }));
}

/** Asks once of each breach, and remembers that it may pass. */
function onceEach(enforces: (breach: Close) => boolean): (breach: Close) => boolean {
  const passing = new Set<Close>();
  return (breach) => {
    if (passing.has(breach)) return false;
    if (enforces(breach)) return true;
    passing.add(breach);
    return false;
  };
}

function refusalOf(breach: Close): Refusal {
  const detail = breach.reason;
  return breach === FLOOD ? refuse("rate-limited", { detail }) : refuse("body-too-large", { detail });
}

/** A reason that is not the gateway's own may say anything, and is not for the log. */
function recordOf({ by, code, reason, fromClient, fromUpstream }: RelayEnd): AccessRecord["websocket"] {
  return {
    by,
    ...(code !== undefined && { code }),
    ...(by === "gateway" && reason !== undefined && { reason }),
    fromClient,
    fromUpstream,
  };
}

/** The answer of the upstream with the gateway's end of the connection: what was agreed on with it is its own. */
function upgraded(webSocket: WebSocket, upstream: Headers): Response {
  const headers = new Headers(upstream);
  for (const name of ["sec-websocket-accept", "sec-websocket-extensions"]) headers.delete(name);
  return new Response(null, { status: 101, webSocket, headers });
}
