import * as z from "zod";
import { Refusal, refuse } from "../../errors/refusal.ts";
import { foldName } from "../../http/fold-name.ts";
import type { Resolved, SharedTools } from "../../policies/policy.ts";
import { duration } from "../../schema/duration.ts";
import { headerName } from "../../schema/header.ts";
import { hasPrefix, KEY_PREFIX, maybeKey } from "../api-key/format.ts";
import { presentedKeys } from "../api-key/presented.ts";
import type { KnownKey } from "../consumers/known-key.ts";
import type { Credential, CredentialVerdict } from "../credential.ts";
import type { Requirements } from "../declare.ts";
import { invalidCredential } from "../invalid-credential.ts";
import { insufficientRights } from "../jwt/challenge.ts";
import { lackingRight } from "../requirements.ts";

/** Options of the `apiKey` credential: a key of a registered consumer, `prefix_random_checksum`. */
export interface ApiKeyOptions {
  /** How the keys begin: words of lower-case letters and digits, such as `"shop_live"`. */
  readonly prefix: string;
  /** The header field that holds the key and nothing else, or false for none. Default `"x-api-key"`. */
  readonly header?: string | false;
  /** A query parameter that may hold it. It stands in histories and in other servers' logs. Default: none. */
  readonly query?: string;
  /** Whether `Authorization: Bearer` may hold it. Tokens that do not begin as a key does are left to others. Default false. */
  readonly bearer?: boolean;
  /**
   * How long an isolate goes by what the registry told it: so long a key may go on to be accepted that was revoked, or
   * whose consumer was suspended, elsewhere. `"1s"` to `"5m"`. Default `"30s"`.
   */
  readonly staleness?: string;
}

/** {@link ApiKeyOptions}, compiled: names in lower case, time in ms. */
interface CompiledApiKey {
  readonly prefix: string;
  readonly header: string | false;
  readonly query?: string | undefined;
  readonly bearer: boolean;
  readonly staleness: number;
}

export const uses = ["consumers"] as const;

/** Schema of {@link ApiKeyOptions}. Build only. */
export function options(): z.ZodType<CompiledApiKey, ApiKeyOptions> {
  return z
    .strictObject({
      prefix: z
        .string()
        .regex(KEY_PREFIX, 'must be words of lower-case letters and digits, such as "shop_live"'),
      header: z
        .union([
          z.literal(false),
          headerName()
            .transform((name) => name.toLowerCase())
            .refine((name) => name !== "authorization", "has schemes: write bearer: true"),
        ])
        .default("x-api-key"),
      query: z
        .string()
        .regex(/^[\w.~-]{1,64}$/, "must be 1 to 64 letters, digits and -._~")
        .optional(),
      bearer: z.boolean().default(false),
      staleness: duration({ min: "1s", max: "5m" }).prefault("30s"),
    })
    .superRefine(({ header, query, bearer }, ctx) => {
      if (header !== false || query !== undefined || bearer) return;
      const message = "is false, and neither query nor bearer says where else a key may be";
      ctx.addIssue({ code: "custom", path: ["header"], message });
    });
}

/** Makes the credential. What an isolate knows of a key serves all of them. */
export function create(
  { prefix, header, query, bearer, staleness }: Resolved<CompiledApiKey>,
  requirements: Requirements,
  { deps: { consumers } }: Pick<SharedTools, "deps">,
): Credential {
  const schemes = [
    ...(header !== false || query !== undefined ? ["ApiKey"] : []),
    ...(bearer ? ["Bearer"] : []),
  ];
  const challenge = schemes.map((scheme) => `${scheme} realm="api"`).join(", ");
  const presented = presentedKeys({ prefix, header, query, bearer });
  const judge = (known: KnownKey, ctx: Parameters<Credential["verify"]>[0]): CredentialVerdict => {
    if (known.suspended) return refuse("consumer-suspended");
    const restricted = known.restriction?.(ctx);
    if (restricted !== undefined) return restricted;
    const lacking = lackingRight(known.identity, requirements);
    if (lacking !== undefined) return insufficientRights(requirements.scopes ?? [], lacking, challenge);
    consumers.noteUse(known, ctx);
    return known.identity;
  };
  return {
    challenge,
    withheld: [...(header === false ? [] : [foldName(header)]), ...(bearer ? ["authorization"] : [])],
    ...(query !== undefined && {
      carriers: { cookies: new Set<string>(), parameters: new Set([query.toLowerCase()]) },
    }),
    verify(ctx) {
      const key = presented(ctx);
      if (key === null) return undefined;
      const known = hasPrefix(key, prefix) ? consumers.known(key, staleness, ctx) : undefined;
      if (known !== undefined) return judge(known, ctx);
      if (!maybeKey(key, prefix))
        return refused(challenge, "it has not the form of a key, or a wrong checksum");
      const found = consumers.ask(key, ctx);
      if (found === undefined) return refused(challenge, NOT_HELD);
      return found.then((answer) => {
        if (answer instanceof Refusal) return answer;
        return answer === undefined ? refused(challenge, NOT_HELD) : judge(answer, ctx);
      });
    },
  };
}

const NOT_HELD = "the key is unknown, revoked or expired";

/** The caller is told the same of every key that does not hold. @param reason for the log */
function refused(challenge: string, reason: string): Refusal {
  return invalidCredential(challenge, reason, "The API key was not accepted");
}
