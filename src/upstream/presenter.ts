import type * as z from "zod";
import type { KeyedContext } from "../context.ts";
import type { Deps } from "../deps.ts";
import type { Resolved } from "../policies/policy.ts";
import type { SigningKey } from "./declare.ts";

/** A request on its very last step: no layer, hook or explanation sees it any more. */
export interface Outbound {
  readonly method: string;
  url: string;
  /** Its own copy. */
  readonly headers: Headers;
  body: BodyInit | null | undefined;
}

/** Changes a request that is about to leave. */
export type Put = (outbound: Outbound) => void | Promise<void>;

/** Puts something of the gateway's own on every request of an upstream: its credential there, or who calls. */
export interface Presenter {
  /** Fields that it sets, lower case with dashes. The caller's own, in any spelling, are taken off before. */
  readonly fields: readonly string[];
  /** The origin's 401 is about this, and so no business of the caller's. */
  readonly answersFor401: boolean;
  /**
   * Gets what it needs. At once where nothing has to be asked for.
   * @throws RefusalError where it is not to be had: nothing is sent then
   */
  ready(ctx: KeyedContext): Put | Promise<Put>;
  /**
   * The origin answered 401 to what `put` made.
   * @returns whether another attempt would carry something else
   */
  renew?(put: Put, ctx: KeyedContext): Promise<boolean>;
}

/** What a presenter is made with beside its options. */
export interface PresenterTools {
  readonly deps: Pick<Deps, "now" | "fetch" | "random">;
  /** The context of a call that the gateway makes for itself, with a time of its own. @param ms that it may take */
  readonly ownContext: (ctx: KeyedContext, ms: number) => KeyedContext;
  /** Signs for the gateway itself. */
  readonly identityKey: Pick<SigningKey, "sign">;
}

/** A presenter's module: `options` runs at build only, `create` in the Worker, once for each upstream. */
export interface PresenterModule<Input, Output> {
  options(): z.ZodType<Output, Input>;
  create(options: Resolved<Output>, tools: PresenterTools): Presenter;
}
