import type { Deps } from "../deps.ts";
import { RefusalError, refuse } from "../errors/refusal.ts";
import type { App, AppBindings, ServiceReference } from "./declare.ts";

/** An origin itself: nothing stands between it and who asks. */
interface Origin {
  readonly base: string;
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/** An origin that is reached over the network. @param url absolute; checked by the build, or here when from `env`. */
export function urlOrigin(url: string, deps: Pick<Deps, "fetch">): Origin {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new RefusalError(refuse("configuration-missing", { cause: `"${url}" is not an http(s) URL` }));
  }
  const base = parsed.origin + parsed.pathname.replace(/\/+$/, "");
  return { base, fetch: (target, init) => deps.fetch(target, init) };
}

/** Fetches with the client certificate of an `mtls_certificates` binding. */
export function certificateFetch(
  certificate: string,
  bindings: Readonly<Record<string, unknown>>,
): Pick<Fetcher, "fetch"> {
  return fetcherOf(certificate, bindings, "client certificate");
}

/** An origin behind a service binding. */
export function serviceOrigin(
  { service }: ServiceReference,
  bindings: Readonly<Record<string, unknown>>,
): Origin {
  const fetcher = fetcherOf(service, bindings, "service binding");
  return { base: `https://${service.toLowerCase()}.service`, fetch: (url, init) => fetcher.fetch(url, init) };
}

function fetcherOf(
  name: string,
  bindings: Readonly<Record<string, unknown>>,
  kind: string,
): Pick<Fetcher, "fetch"> {
  const binding = bindings[name];
  if (typeof binding === "object" && binding !== null && "fetch" in binding) {
    return binding as Pick<Fetcher, "fetch">;
  }
  throw new RefusalError(refuse("configuration-missing", { cause: `there is no ${kind} "${name}"` }));
}

/** An origin in this Worker. It cannot be aborted, so the wait for it can. */
export function appOrigin(name: string, app: App, bindings: AppBindings): Origin {
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
