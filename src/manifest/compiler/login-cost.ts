import type { LoginEndpoint } from "../../identity/login.ts";

/**
 * Subrequests of the routes by which people log in and out, one after the other: what the provider says of itself, and
 * beside it the tokens, the provider's keys, and the store of sessions.
 */
export const LOGIN_COST: Readonly<Record<LoginEndpoint, number>> = {
  login: 1,
  // Tokens, keys, the session's beginning.
  callback: 4,
  // The session's end.
  logout: 2,
  // Keys, whose session it is, the sessions' end.
  backChannelLogout: 4,
  // Whose session it is, the sessions' end: nothing is asked of the provider.
  frontChannelLogout: 2,
};
