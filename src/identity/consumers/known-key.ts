import type { KeyHolder } from "../../stores/consumers/consumer.ts";
import type { Identity } from "../identity.ts";
import type { Answer } from "./known-answers.ts";
import { type Restriction, restrictionOf } from "./restriction.ts";

/** The issuer of consumers' identities. */
export const ISSUER = "consumers";

/** What an isolate knows of a key that holds. */
export interface KnownKey extends Answer {
  readonly id: string;
  readonly identity: Identity;
  /** None of the consumer's keys is let in. */
  readonly suspended: boolean;
  readonly restriction: Restriction | undefined;
  /** The latest use that the registry knows of, or is being told. ms since the epoch */
  notedAt: number;
}

/** Makes ready what the registry says of a key. @param before what was known of it until now */
export function knownKey({ key, consumer }: KeyHolder, askedAt: number, before?: KnownKey): KnownKey {
  const { expiresAt } = key;
  const identity: Identity = {
    id: `${ISSUER}#${consumer.id}`,
    subject: consumer.id,
    issuer: ISSUER,
    claims: Object.freeze({ ...consumer.metadata }),
    scopes: Object.freeze([...key.scopes]),
    roles: Object.freeze([...consumer.roles]),
    consumer: consumer.id,
    ...(consumer.plan !== undefined && { plan: consumer.plan }),
    credential: "apiKey",
    key: key.id,
    ...(expiresAt !== undefined && { expiresAt }),
  };
  return {
    id: key.id,
    identity: Object.freeze(identity),
    suspended: consumer.suspended,
    restriction: restrictionOf(key),
    askedAt,
    expiresAt: expiresAt ?? Number.POSITIVE_INFINITY,
    notedAt: Math.max(
      key.lastUsedAt ?? Number.NEGATIVE_INFINITY,
      before?.notedAt ?? Number.NEGATIVE_INFINITY,
    ),
  };
}
