/** Tokens that hold no longer. */
export interface RevocationList {
  /** Ids of tokens. */
  readonly jti: ReadonlySet<string>;
  /** Subjects, all of whose tokens are revoked. */
  readonly sub: ReadonlySet<string>;
  /** Subject → seconds since the epoch: what was issued earlier is revoked. */
  readonly before: ReadonlyMap<string, number>;
}

/** Reads a list from JSON. What it does not name is empty. @throws when it is no list: then nothing is known */
export function parseRevocationList(text: string): RevocationList {
  const document: unknown = JSON.parse(text);
  if (!isRecord(document)) throw new Error("it is not an object");
  const { jti = [], sub = [], before = {}, ...rest } = document;
  // A misspelt member would let in whom it names.
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw new Error("it has a member other than jti, sub and before");
  if (!isRecord(before)) throw new Error("before is not an object");
  const times = Object.entries(before).map(([subject, time]) => {
    if (typeof time !== "number" || !Number.isFinite(time)) throw new Error("a time in before is no number");
    return [subject, time] as const;
  });
  return { jti: names(jti, "jti"), sub: names(sub, "sub"), before: new Map(times) };
}

/** Whether a token is revoked. Where times are kept of its subject, it must say when it was issued. */
export function isRevoked(
  { jti, sub, iat }: Readonly<Record<string, unknown>>,
  subject: string,
  list: RevocationList,
): boolean {
  if (typeof jti === "string" && list.jti.has(jti)) return true;
  const name = typeof sub === "string" ? sub : subject;
  if (list.sub.has(name)) return true;
  const before = list.before.get(name);
  return before !== undefined && !(typeof iat === "number" && iat >= before);
}

function names(value: unknown, member: string): ReadonlySet<string> {
  if (!Array.isArray(value) || !value.every((one) => typeof one === "string"))
    throw new Error(`${member} is not a list of texts`);
  return new Set(value as string[]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
