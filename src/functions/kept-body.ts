import type { RequestContext } from "../context.ts";
import { RefusalError, refuse } from "../errors/refusal.ts";
import { BoundedBody } from "../http/body.ts";

/** A body that a function reads whole is bounded where no `bodyLimit` is declared too: 10 MB. */
const BODY_LIMIT = 10_000_000;

/** The body as a function reads it that stands before whoever sends it on: what is read is put back. */
export class KeptBody {
  readonly #ctx: RequestContext;
  readonly #body: BoundedBody;
  #reading: Promise<void> | undefined;
  #whole = true;
  #failure: unknown;

  constructor(ctx: RequestContext) {
    const { request, method, plan } = ctx;
    // As for whoever sends it on: these methods have none.
    const stream = method === "GET" || method === "HEAD" ? null : request.body;
    const length = stream === null ? null : request.headers.get("content-length");
    this.#ctx = ctx;
    this.#body = new BoundedBody(stream, plan.road.bodyLimit ?? BODY_LIMIT, length);
    if (stream === null) this.#reading = Promise.resolve();
  }

  /** @throws RefusalError `body-too-large` or `malformed-body` */
  async text(): Promise<string> {
    await this.#read();
    return this.#body.text();
  }

  /** @throws RefusalError `body-too-large` or `malformed-body` */
  async json(): Promise<unknown> {
    await this.#read();
    return this.#body.json();
  }

  /** @throws RefusalError where the reading has begun but not ended well: what is left would pass for the whole */
  expectWhole(): void {
    if (this.#whole) return;
    throw this.#failure ?? new RefusalError(refuse("internal-error", { cause: UNREAD }));
  }

  #read(): Promise<void> {
    this.#reading ??= this.#keep();
    return this.#reading;
  }

  async #keep(): Promise<void> {
    this.#whole = false;
    try {
      this.#ctx.keepBody(await this.#body.bytes());
      this.#whole = true;
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}

const UNREAD = "a function was still reading the request's body when it ended or was given up";
