import { Budget } from "../../src/budget.ts";
import type { KeyedContext } from "../../src/context.ts";
import { RefusalError } from "../../src/errors/refusal.ts";
import type { Outbound, Presenter, PresenterTools } from "../../src/upstream/presenter.ts";

/** 2026-11-20T00:00:00Z, in ms. */
export const NOW = 1_795_132_800_000;

/** A request as far as presenters look at it, and what it has asked to be kept alive for. */
export function contextOf({
  now = () => NOW,
  deadline = 10_000,
  ...more
}: Partial<KeyedContext> & Timed = {}) {
  const pending: Array<Promise<unknown>> = [];
  const ctx = {
    budget: new Budget(now() + deadline),
    record: {},
    headers: new Headers(),
    identity: undefined,
    plan: { road: { upstream: [] } },
    execution: { waitUntil: (work: Promise<unknown>) => void pending.push(work) },
    ...more,
  } as unknown as KeyedContext;
  return { ctx, pending };
}

interface Timed {
  readonly now?: () => number;
  /** In ms. */
  readonly deadline?: number;
}

/** What presenters are made with, and the requests that they have made of their own. */
export function toolsOf(
  answer: (url: string, init: RequestInit) => Response | Promise<Response> = noAnswer,
  now = () => NOW,
) {
  const asked: Array<{ readonly url: string; readonly init: RequestInit }> = [];
  const tools: PresenterTools = {
    deps: {
      now,
      random: (bytes) => bytes.fill(0),
      async fetch(url, init = {}) {
        asked.push({ url: String(url), init });
        return answer(String(url), init);
      },
    },
    ownContext: (ctx) => ctx,
    identityKey: { sign: () => Promise.reject(new Error("nothing is to be signed")) },
  };
  return { tools, asked };
}

function noAnswer(): never {
  throw new Error("nothing is to be asked");
}

/** What a presenter makes of a request. */
export async function presented(
  presenter: Presenter,
  request: Partial<Outbound> = {},
  { ctx } = contextOf(),
): Promise<Outbound> {
  const outbound: Outbound = {
    method: "GET",
    url: "https://api.example/orders",
    body: null,
    ...request,
    headers: new Headers(request.headers),
  };
  const put = await presenter.ready(ctx);
  await put(outbound);
  return outbound;
}

/** The code that something was refused with, and what the log is told. */
export async function refusalOf(
  work: () => unknown,
): Promise<{ readonly code: string; readonly cause: unknown }> {
  try {
    await work();
  } catch (error) {
    if (error instanceof RefusalError)
      return { code: error.refusal.code, cause: error.refusal.details.cause };
    throw error;
  }
  throw new Error("was not refused");
}

/** What is wrong with options, one line each. */
export function faults(schema: { safeParse(value: unknown): SafeParsed }, value: unknown): string[] {
  const { error } = schema.safeParse(value);
  return error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
}

interface SafeParsed {
  readonly error?:
    | { readonly issues: ReadonlyArray<{ readonly path: PropertyKey[]; readonly message: string }> }
    | undefined;
}
