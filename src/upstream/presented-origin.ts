import type { KeyedContext } from "../context.ts";
import { RefusalError, refuse } from "../errors/refusal.ts";
import { foldName } from "../http/fold-name.ts";
import type { OriginFetch } from "./forward.ts";
import type { Outbound, Presenter, Put } from "./presenter.ts";

/**
 * The origin as presenters make it known: with the gateway's own credential, or with who calls. They come last, so
 * that what they put on a request is seen by nothing but the origin. A 401 that is about them is never passed on:
 * it is tried once more where they have something new, and else it is a failure of the gateway.
 * @param name of the upstream, for the log
 */
export function presentedOrigin(
  name: string,
  origin: OriginFetch,
  presenters: readonly Presenter[],
): OriginFetch {
  const fields = new Set(presenters.flatMap((presenter) => presenter.fields));
  const answerable = presenters.some(({ answersFor401 }) => answersFor401);

  const send = async (url: string, init: RequestInit, ctx: KeyedContext) => {
    const puts = await readyAll(presenters, init, ctx);
    const outbound: Outbound = {
      method: init.method ?? "GET",
      url,
      headers: without(fields, init.headers),
      body: init.body,
    };
    for (const put of puts) {
      const done = put(outbound);
      if (done instanceof Promise) await done;
    }
    const { headers, body } = outbound;
    return {
      puts,
      response: await origin.fetch(outbound.url, { ...init, headers, body: body ?? null }, ctx),
    };
  };

  return {
    base: origin.base,
    async fetch(url, init, ctx) {
      const { puts, response } = await send(url, init, ctx);
      if (response.status !== 401 || !answerable) return response;
      discard(response);
      if (await renewAny(presenters, puts, init, ctx)) {
        if (!canBeSentAgain(init.body)) throw new RefusalError(sendItAgain(name));
        const second = await send(url, init, ctx);
        if (second.response.status !== 401) return second.response;
        discard(second.response);
      }
      const cause = `${name}: the origin answered 401 to the gateway's own credential`;
      throw new RefusalError(refuse("upstream-credential-refused", { cause }));
    },
  };
}

async function readyAll(
  presenters: readonly Presenter[],
  init: RequestInit,
  ctx: KeyedContext,
): Promise<Put[]> {
  const ready = presenters.map((presenter) => presenter.ready(ctx));
  if (!ready.some((put) => put instanceof Promise)) return ready as Put[];
  return aside(Promise.all(ready), init, ctx);
}

async function renewAny(
  presenters: readonly Presenter[],
  puts: readonly Put[],
  init: RequestInit,
  ctx: KeyedContext,
): Promise<boolean> {
  const renewals = presenters.flatMap((presenter, index) => presenter.renew?.(puts[index]!, ctx) ?? []);
  if (renewals.length === 0) return false;
  return (await aside(Promise.all(renewals), init, ctx)).includes(true);
}

/**
 * Waits without the request's connection slot, since what is waited for may need one: six calls that each held one
 * while they waited for a token would wait for ever.
 */
async function aside<T>(work: Promise<T>, { signal }: RequestInit, { budget }: KeyedContext): Promise<T> {
  budget.release();
  try {
    return await untilAborted(work, signal);
  } finally {
    const slot = budget.acquire();
    // One who was called off leaves at once; the slot is given back in the name of this call all the same.
    if (slot !== undefined && signal?.aborted !== true) await slot;
  }
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** A copy: the original is still in the hands of layers. */
function without(fields: ReadonlySet<string>, inbound: RequestInit["headers"]): Headers {
  const headers = new Headers(inbound);
  for (const name of [...headers.keys()]) if (fields.has(foldName(name))) headers.delete(name);
  return headers;
}

function canBeSentAgain(body: BodyInit | null | undefined): boolean {
  return !(body instanceof ReadableStream);
}

/** A body that streamed by is gone, but the credential is new now. */
function sendItAgain(name: string) {
  return refuse("upstream-credential-unavailable", {
    headers: [["retry-after", "1"]],
    cause: `${name}: the origin answered 401 to an old token, and the request's body has gone by`,
  });
}

function discard({ body }: Response): void {
  body?.cancel().catch(() => {});
}
