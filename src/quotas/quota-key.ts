import { counterKey } from "../limits/counter-key.ts";
import { type Countable, type KeyPart, keyPart, type LimitKey } from "../limits/limit-key.ts";

/** Who is counted unless told otherwise: the registered caller, or else whoever the credential proves. */
export const CALLER: readonly LimitKey[] = ["identity.consumer", "identity.id"];

/** What a quota counts by, ready to be read. A value says of itself what it is: `identity.consumer=acme`. */
export function quotaParts(by: readonly LimitKey[] | undefined): KeyPart[] {
  if (by !== undefined) return by.map(named);
  const [consumer, identity] = CALLER.map(named) as [KeyPart, KeyPart];
  const read: KeyPart["read"] = (ctx) => consumer.read(ctx) ?? identity.read(ctx);
  return [{ needsIdentity: true, confidential: false, read }];
}

function named(source: LimitKey): KeyPart {
  const part = keyPart(source);
  return {
    ...part,
    read(ctx) {
      const value = part.read(ctx);
      return value === undefined ? undefined : `${source}=${value}`;
    },
  };
}

/** The key of a quota's counter for a request. */
export function quotaKey(
  prefix: string,
  parts: readonly KeyPart[],
  ctx: Countable,
): string | Promise<string> {
  return counterKey(prefix, parts, ctx);
}

/** What every key of a quota begins with. */
export function quotaPrefix(name: string): string {
  return JSON.stringify([name]);
}

/**
 * The key of a counter that is named from outside.
 * @param counted what it counts by and the values, in the order of the quota's `by`
 */
export async function keyNamed(
  name: string,
  counted: ReadonlyArray<readonly [source: string, value: string]>,
): Promise<string> {
  const parts = counted.map(([source, value]) => ({
    ...keyPart(source as LimitKey),
    read: () => `${source}=${value}`,
  }));
  return counterKey(quotaPrefix(name), parts, NOBODY);
}

const NOBODY: Countable = {
  address: "",
  scope() {
    throw new TypeError("no request is asked about");
  },
};

/** Whose units they are, for whoever is told of them: what may be a credential is left out. */
export function countedBy(parts: readonly KeyPart[], ctx: Countable): string[] {
  return parts.flatMap(({ confidential, read }) => (confidential ? [] : (read(ctx) ?? [])));
}
