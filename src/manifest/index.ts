/** What a manifest imports from "isogate". */
export { compose, step } from "../actions/compose/declare.ts";
export type { HandlerContext } from "../actions/handler/handler.ts";
export { env, secret } from "../env.ts";
export type { FunctionContext } from "../functions/context.ts";
export { type Access, allOf, anyOf, type Requirements } from "../identity/declare.ts";
export type { HooksOptions } from "../policies/transform/hooks.ts";
export {
  type App,
  type AppBindings,
  type ShedOptions,
  type SignalOptions,
  service,
  type UpstreamConcurrencyOptions,
  type UpstreamOptions,
  upstream,
} from "../upstream/declare.ts";
export { recorded } from "../upstream/recorded/recorded.ts";
export type { Recording } from "../upstream/recorded/recording.ts";
export { defineGateway, defineRoutes, type Group, type Route, type RouteGroup, type When } from "./define.ts";
export { oidcRoutes } from "./oidc-routes.ts";
export {
  apiKey,
  basic,
  cache,
  concurrency,
  cors,
  externalAuth,
  hmac,
  httpSignature,
  introspection,
  jwt,
  meter,
  mtls,
  oidc,
  quota,
  rateLimit,
  webhook,
} from "./presets.ts";
