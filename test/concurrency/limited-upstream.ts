import type { Route } from "../../src/manifest/define.ts";
import { compose, type UpstreamConcurrencyOptions, upstream } from "../../src/manifest/index.ts";
import type { UpstreamOptions } from "../../src/upstream/declare.ts";
import { type Given, gatewayOf, type Sent } from "../support/in-process.ts";
import { until } from "../support/until.ts";

/** An origin whose answers are given when the test says so, the earliest request first. */
export function held() {
  const waiting: Array<{ readonly sent: Sent; readonly resolve: (response: Response) => void }> = [];
  return {
    origin: (sent: Sent) =>
      new Promise<Response>((resolve, reject) => {
        const each = { sent, resolve };
        waiting.push(each);
        sent.signal?.addEventListener("abort", () => {
          waiting.splice(waiting.indexOf(each), 1);
          reject(sent.signal?.reason);
        });
      }),
    /** The paths of requests that are not answered yet. */
    get busy() {
      return waiting.map(({ sent }) => new URL(sent.url).pathname);
    },
    async begun(count: number) {
      await until(() => waiting.length === count);
    },
    answer: (response: Response = Response.json({ tea: "assam" })) => waiting.shift()!.resolve(response),
  };
}

/** A gateway all of whose routes call one upstream. */
export function limited(
  concurrency: UpstreamConcurrencyOptions,
  given: Given = {},
  more: Partial<UpstreamOptions> = {},
) {
  const shop = upstream("shop", { origin: "https://shop.example", concurrency, ...more });
  const news = upstream("news", { origin: "https://news.example" });
  const call = (path: string, others: object = {}) => ({ upstream: shop, path, ...others });
  const routes: Readonly<Record<string, Omit<Route, "access">>> = {
    "GET /a": { forward: { upstream: shop } },
    "GET /b": { forward: { upstream: shop, timeout: "50ms" } },
    "POST /a": { forward: { upstream: shop } },
    "GET /parts": {
      compose: compose({
        own: { upstream: news, path: "/news" },
        extra: call("/extra", { optional: true, fallback: { tea: "none" } }),
      }),
    },
    "GET /many": {
      compose: compose({
        ...Object.fromEntries(
          Array.from({ length: 7 }, (_, index) => [`s${index}`, call(`/${index}`, { group: `s${index}` })]),
        ),
        own: { upstream: news, path: "/news" },
      }),
    },
    "GET /patience": {
      compose: compose({ soon: call("/soon", { optional: true, timeout: "30ms" }) }),
    },
    "GET /looked": { handler: async (ctx) => ({ ok: (await ctx.fetch(shop, "/looked")).ok }) },
    "GET /hooked": {
      hooks: { request: async (ctx) => void (await (await ctx.fetch(shop, "/asked")).text()) },
      respond: { text: "hooked" },
    },
    "GET /refreshed": { cache: { ttl: "1s", staleWhileRevalidate: "1h" }, forward: { upstream: shop } },
    "GET /kept": { cache: { ttl: "1s", staleIfError: "1h" }, forward: { upstream: shop } },
  };
  return gatewayOf(
    Object.fromEntries(
      Object.entries(routes).map(([id, route]) => [id, { access: "public", ...route } as Route]),
    ),
    given,
  );
}

/** What a call is told. */
export async function told(answer: Promise<Response>): Promise<readonly [status: number, code: unknown]> {
  const response = await answer;
  const body = (await response.json()) as { readonly code?: unknown };
  return [response.status, body.code];
}
export const FULL = [503, "temporary-reduced-capacity"] as const;
