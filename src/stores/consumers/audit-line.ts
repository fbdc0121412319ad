/** What can be done to the registry. */
export type AuditAction =
  | "consumer.create"
  | "consumer.change"
  | "consumer.remove"
  | "consumer.import"
  | "key.create"
  | "key.roll"
  | "key.revoke"
  | "key.import"
  | "registry.export"
  | "token.create"
  | "token.revoke";

/** How long a line is kept, in ms: 400 days, so that a whole year can be looked back on. */
export const LINE_MS = 400 * 86_400_000;
/** Most lines that are kept. A line has some 300 bytes. */
export const MOST_LINES = 1_000_000;

/** Who did what, when. Written together with what was done, never changed, and kept for as long as said above. */
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
