/** Who calls, whatever the credential was. Frozen once made; shared by every request that presents the credential. */
export interface Identity {
  /** Unique over all issuers: the issuer and the subject, so that two issuers cannot collide. */
  readonly id: string;
  /** The issuer's name for the caller (`sub`). Only unique within one issuer. */
  readonly subject: string;
  /** Who vouches for the caller (`iss`). */
  readonly issuer: string;
  /** The claims of the credential. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the credential grants. */
  readonly scopes: readonly string[];
  /** What the caller is, where somebody vouches for that: an issuer's claim, or the consumer registry. */
  readonly roles?: readonly string[];
  /** Id of the registered caller, where the credential belongs to one. */
  readonly consumer?: string;
  /** The registered caller's plan. */
  readonly plan?: string;
  /** The kind of credential that proved it, such as `jwt`. */
  readonly credential: string;
  /**
   * Which key, token, certificate or login proved it, unique over all credentials, so that one of a caller's can be
   * refused and the rest go on. No secret. Absent where there is none beside the caller's name, as with a password.
   */
  readonly key?: string;
  /** When the proof ends, in ms since the epoch. */
  readonly expiresAt?: number;
}
