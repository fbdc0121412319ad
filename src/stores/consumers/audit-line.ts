/** What can be done to the registry. */
export type AuditAction =
  | "consumer.create"
  | "consumer.change"
  | "consumer.remove"
  | "key.create"
  | "key.roll"
  | "key.revoke"
  | "token.create"
  | "token.revoke";

/** Who did what, when. Written together with what was done, and never changed or deleted. */
export interface AuditLine {
  /** Grows by one with every line. */
  readonly number: number;
  /** ms since the epoch */
  readonly at: number;
  /** Who: the name of the admin token. */
  readonly actor: string;
  readonly action: AuditAction;
  /** The consumer's id, where it is about one. */
  readonly consumer?: string;
  /** The key's id, where it is about one. */
  readonly key?: string;
  /** The admin token's id, where it is about one. */
  readonly token?: string;
  /** What it has become. No secrets: of metadata only the names. */
  readonly detail: Readonly<Record<string, unknown>>;
}
