import type { KeyedContext, RequestContext } from "../context.ts";

/** What of a login a route answers. */
export const LOGIN_ENDPOINTS = {
  /** A browser begins to log in. */
  login: "GET /login",
  /** It comes back from the provider. */
  callback: "GET /callback",
  /** It logs out. */
  logout: "POST /logout",
  /** The provider says who has logged out. */
  backChannelLogout: "POST /backchannel-logout",
  /** The provider shows a page in a frame to a browser that logs out. */
  frontChannelLogout: "GET /frontchannel-logout",
} as const;

/** The name of one of the {@link LOGIN_ENDPOINTS}. */
export type LoginEndpoint = keyof typeof LOGIN_ENDPOINTS;

/** Where a credential's login is, unless it says otherwise. */
export const LOGIN_PATH = "/auth";

/** What a credential does that browsers carry: more than to say who calls. */
export interface Login {
  /** What a request without the credential is answered with in place of a 401: the way to log in, for a browser. */
  invite(ctx: RequestContext): Response | undefined;
  /** Access is granted, to whom the context says. */
  admitted(ctx: RequestContext): void;
  /** Last touches on every answer of a route that takes the credential. */
  finalise(ctx: RequestContext, headers: Headers): void;
  /** Answers an endpoint. @throws RefusalError where the answer is no */
  answer(endpoint: LoginEndpoint, ctx: KeyedContext): Promise<Response>;
}
