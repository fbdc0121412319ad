import type * as z from "zod";
import * as concurrency from "./admit/concurrency.ts";
import * as priority from "./admit/priority.ts";
import * as middleware from "./around/middleware.ts";
import * as access from "./authenticate/access.ts";
import * as authorize from "./authorize/authorize.ts";
import * as cors from "./finalise/cors.ts";
import * as securityHeaders from "./finalise/security-headers.ts";
import * as block from "./guard/block.ts";
import * as bodyLimit from "./guard/body-limit.ts";
import * as quota from "./limit/quota.ts";
import * as rateLimit from "./limit/rate-limit.ts";
import * as meter from "./personalise/meter.ts";
import * as stream from "./personalise/stream.ts";
import * as watchBody from "./personalise/watch-body.ts";
import * as websocket from "./personalise/websocket.ts";
import * as cache from "./replay/cache.ts";
import * as headers from "./transform/headers.ts";
import * as hooks from "./transform/hooks.ts";

/** Every policy, by its manifest key. The folder of its file is the phase it mainly works in. */
export const policies = {
  access,
  authorize,
  block,
  bodyLimit,
  cache,
  concurrency,
  cors,
  headers,
  hooks,
  meter,
  middleware,
  priority,
  rateLimit,
  // After rate limits, so that what they refuse is not written down.
  quota,
  securityHeaders,
  stream,
  watchBody,
  websocket,
} as const;

/** Policies that a route may have several of. */
export type RepeatablePolicy = {
  [Name in keyof typeof policies]: (typeof policies)[Name] extends { readonly repeatable: true }
    ? Name
    : never;
}[keyof typeof policies];

/** What a manifest may write under each policy key: derived, so that a new line above is all it takes. */
export type PolicyOptions = {
  [Name in keyof typeof policies]: z.input<ReturnType<(typeof policies)[Name]["options"]>>;
};
