import type { ReferenceScope } from "./template.ts";

/** What a request has that references may name. */
type Source = Pick<ReferenceScope, "params" | "query" | "identity"> & ReferenceScope["request"];

/** References' view of a request. Reads through, so that what nobody names (a parsed query) is never made. */
export class RequestScope implements ReferenceScope {
  readonly headers: Headers;
  readonly #source: Source;

  constructor(source: Source, headers: Headers) {
    this.#source = source;
    this.headers = headers;
  }

  get params(): ReferenceScope["params"] {
    return this.#source.params;
  }

  get query(): URLSearchParams {
    return this.#source.query;
  }

  get identity(): object | undefined {
    return this.#source.identity;
  }

  get request(): ReferenceScope["request"] {
    const { id, method, path } = this.#source;
    return { id, method, path };
  }
}
