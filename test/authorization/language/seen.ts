import type { Seen } from "../../../src/authorization/language/read.ts";
import { ADA } from "../../support/in-process.ts";

/** What a request shows to expressions. */
export interface Shown {
  readonly method?: string;
  readonly path?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly search?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
  /** Null for nobody. */
  readonly identity?: Partial<typeof ADA> | null;
}

/** A request as expressions see it: Ada's, unless it is said otherwise. */
export function seen(shown: Shown = {}): Seen {
  const {
    method = "GET",
    path = "/",
    params = {},
    search = "",
    headers = {},
    address = "",
    identity,
  } = shown;
  return {
    request: new Request("https://api.example/", { headers }),
    method,
    path,
    params,
    query: new URLSearchParams(search),
    address,
    scheme: "https",
    host: "api.example",
    identity: identity === null ? undefined : { ...ADA, ...identity },
  };
}
