import type { Login } from "../login.ts";
import { beginLogin, finishLogin } from "./login-endpoints.ts";
import { backChannelLogout, frontChannelLogout, type LogoutParts, logOut } from "./logout-endpoints.ts";

const ENDPOINTS = {
  login: beginLogin,
  callback: finishLogin,
  logout: logOut,
  backChannelLogout,
  frontChannelLogout,
};

/** The side of a credential that browsers and its provider see. */
export function loginAnswers(parts: LogoutParts): Login {
  const { gate } = parts;
  return {
    invite: (ctx) => gate.invite(ctx),
    admitted: (ctx) => gate.admitted(ctx),
    finalise: (ctx, headers) => gate.finalise(ctx, headers),
    answer: (endpoint, ctx) => ENDPOINTS[endpoint](ctx, parts),
  };
}
