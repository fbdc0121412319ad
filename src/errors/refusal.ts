import { type CatalogEntry, catalog, type ErrorCode } from "./catalog.ts";

/** What a refusal may carry beside its code. Everything but `cause` is shown to the client. */
export interface RefusalDetails {
  /** RFC 9457 `detail`: what the client can do about this occurrence. Never internal messages. */
  readonly detail?: string;
  /** Header fields of the answer, such as `WWW-Authenticate`, `Allow`, `Retry-After`. */
  readonly headers?: ReadonlyArray<readonly [name: string, value: string]>;
  /** RFC 9457 §3.2 extension members. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** For the log only: the exception or reason behind the refusal. */
  readonly cause?: unknown;
}

/** An expected no: a value, never thrown by decisions. {@link RefusalError} carries one through I/O code. */
export class Refusal {
  readonly code: ErrorCode;
  readonly details: RefusalDetails;

  constructor(code: ErrorCode, details: RefusalDetails = {}) {
    this.code = code;
    this.details = details;
  }

  get entry(): CatalogEntry {
    return catalog[this.code];
  }
}

/** Makes a {@link Refusal}. */
export function refuse(code: ErrorCode, details?: RefusalDetails): Refusal {
  return new Refusal(code, details);
}

/** A refusal on its way up through code whose return type has no room for it, such as an upstream call. */
export class RefusalError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.code, { cause: refusal.details.cause });
    this.name = "RefusalError";
    this.refusal = refusal;
  }
}
