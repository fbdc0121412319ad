/**
 * What a token of the admin API may be good for. To export is more than to read, for it takes every hash along; to
 * import is more than to write, for it brings keys along that somebody holds already.
 */
export const ADMIN_SCOPES = [
  "consumers:read",
  "consumers:write",
  "consumers:export",
  "consumers:import",
  "audit:read",
] as const;

export type AdminScope = (typeof ADMIN_SCOPES)[number];

/** A token of an administrator, without anything that could be used as one. */
export interface AdminToken {
  readonly id: string;
  /** Who has it: stands in the audit log. No two that hold have the same. */
  readonly name: string;
  readonly scopes: readonly AdminScope[];
  /** ms since the epoch */
  readonly createdAt: number;
  /** From then on it is refused. ms since the epoch */
  readonly expiresAt?: number;
  /** ms since the epoch */
  readonly revokedAt?: number;
}

/** A token that is to be made. */
export type NewAdminToken = Pick<AdminToken, "id" | "name" | "scopes" | "expiresAt"> & {
  /** Of the whole token: it is all that is kept of it. */
  readonly hash: string;
};
