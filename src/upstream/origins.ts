import type { Deps } from "../deps.ts";
import { RefusalError, refuse } from "../errors/refusal.ts";
import type { App, AppBindings, ServiceReference } from "./declare.ts";
import type { OriginFetch } from "./forward.ts";

/** An origin that is reached over the network. @param url absolute; checked by the build, or here when from `env`. */
export function urlOrigin(url: string, deps: Pick<Deps, "fetch">): OriginFetch {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new RefusalError(refuse("configuration-missing", { cause: `"${url}" is not an http(s) URL` }));
  }
  const base = parsed.origin + parsed.pathname.replace(/\/+$/, "");
  return { base, fetch: (target, init) => deps.fetch(target, init) };
}

/** An origin behind a service binding. */
export function serviceOrigin(
  { service }: ServiceReference,
  bindings: Readonly<Record<string, unknown>>,
): OriginFetch {
  const binding = bindings[service];
  if (typeof binding !== "object" || binding === null || !("fetch" in binding)) {
    const cause = `there is no service binding "${service}"`;
    throw new RefusalError(refuse("configuration-missing", { cause }));
  }
  const fetcher = binding as Pick<Fetcher, "fetch">;
  return { base: `https://${service.toLowerCase()}.service`, fetch: (url, init) => fetcher.fetch(url, init) };
}

/** An origin in this Worker. It cannot be aborted, so the wait for it can. */
export function appOrigin(name: string, app: App, bindings: AppBindings): OriginFetch {
  return {
    base: `https://${name}.app`,
    fetch(url, init) {
      const request = new Request(url, init);
      return new Promise((resolve, reject) => {
        const { signal } = init;
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        // The app may throw before it returns a promise.
        Promise.resolve()
          .then(() => app.fetch(request, bindings))
          .then(resolve, reject);
      });
    },
  };
}
