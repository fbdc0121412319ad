import { fillRegistry, misshapenKey, newKey } from "../registry.ts";
import type { Subject } from "./subjects.ts";

type Fields = Readonly<Record<string, string>>;

/** What the callers of a subject prove themselves with. */
export interface Proof {
  /** The fields of each; they take turns. One without any where nobody need prove anything. */
  readonly callers: readonly Fields[];
  /** Who else comes, and is refused. */
  readonly refused: readonly Refused[];
}

interface Refused {
  /** As in "it answers 401 ⟨without a token⟩". */
  readonly what: string;
  /** In place of a caller's fields; undefined leaves one out. */
  readonly fields: Readonly<Record<string, string | undefined>>;
  readonly status: number;
}

/** What a subject's callers prove themselves with: where they are registered ones, they are registered. */
export async function proofFor(
  { promises, registered }: Subject,
  port: number,
  token: string,
): Promise<Proof> {
  if (promises.authenticates === "token") return tokenProof(token);
  if (promises.authenticates === undefined || registered === undefined) return { callers: [{}], refused: [] };
  const { live, revoked, expired, suspended } = await fillRegistry(port, registered);
  const fields = (key: string | undefined) => ({ "x-api-key": key });
  return {
    callers: live.slice(0, registered.callers).map((key) => ({ "x-api-key": key })),
    refused: [
      { what: "without a key", fields: fields(undefined), status: 401 },
      { what: "to a key with a wrong checksum", fields: fields(`${live[0]}x`), status: 401 },
      { what: "to a key that nobody has made", fields: fields(newKey()), status: 401 },
      { what: "to what only has a checksum", fields: fields(misshapenKey("$")), status: 401 },
      { what: "to a revoked key", fields: fields(revoked[0]), status: 401 },
      { what: "to an expired key", fields: fields(expired[0]), status: 401 },
      { what: "to a suspended consumer", fields: fields(suspended), status: 403 },
    ],
  };
}

function tokenProof(token: string): Proof {
  const fields = (authorization: string | undefined) => ({ authorization });
  return {
    callers: [{ authorization: `Bearer ${token}` }],
    refused: [
      { what: "without a token", fields: fields(undefined), status: 401 },
      { what: "to a forged token", fields: fields(`Bearer ${token.slice(0, -8)}AAAAAAAA`), status: 401 },
    ],
  };
}
