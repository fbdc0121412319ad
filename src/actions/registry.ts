import type * as z from "zod";
import * as compose from "./compose/compose.ts";
import * as forward from "./forward/forward.ts";
import type { HandlerFunction } from "./handler/handler.ts";
import * as handler from "./handler/handler.ts";
import * as login from "./login/login.ts";
import * as redirect from "./redirect/redirect.ts";
import * as respond from "./respond/respond.ts";
import * as usage from "./usage/usage.ts";

/** Every action, by its manifest key. */
export const actions = { compose, forward, handler, login, redirect, respond, usage } as const;

type Inputs = { [Name in keyof typeof actions]: z.input<ReturnType<(typeof actions)[Name]["options"]>> };

/** What a manifest may write under each action key; functions see the route's own parameters. */
export type ActionOptions<P> = Omit<Inputs, "handler"> & { handler: HandlerFunction<P> };
