import type { EnvReference } from "../../env.ts";
import { Refusal, refuse } from "../../errors/refusal.ts";
import type { Resolved, SharedTools } from "../../policies/policy.ts";
import type { Credential } from "../credential.ts";
import type { Requirements } from "../declare.ts";
import { withRights } from "../held-rights.ts";
import type { Identity } from "../identity.ts";
import { invalidCredential } from "../invalid-credential.ts";
import { Mac } from "../signatures/mac.ts";
import { declaredShape, SHAPES, type Shape } from "../signatures/webhook-shapes.ts";
import { verifyWebhook, type WebhookRules } from "../signatures/webhook-verifier.ts";
import type { CompiledWebhook } from "./webhook-schema.ts";

export { webhookSchema as options } from "./webhook-schema.ts";

/** How a provider signs that is none of those with a name. */
export interface WebhookShape {
  /** What the provider is called: its webhooks come from `webhook#NAME`. Letters, digits and hyphens. */
  readonly name: string;
  /** Where the signature is. */
  readonly signature: {
    /** Name of the header field. */
    readonly header: string;
    /** What stands before it. Default nothing. */
    readonly prefix?: string;
    /** Default `"hex"`. */
    readonly encoding?: "hex" | "base64";
  };
  /** Name of the header field with the time of signing, in seconds since 1970. Default none. */
  readonly timestamp?: string;
  /** Name of the header field with the message's id. Default none. */
  readonly id?: string;
  /**
   * What is signed: text with `{body}` once, `{timestamp}` and `{id}` where they are declared, such as
   * `"{timestamp}.{body}"`. Default `"{body}"`.
   */
  readonly message?: string;
  /** The hash of the HMAC. Default `"sha256"`. */
  readonly algorithm?: "sha256" | "sha512";
}

/** Options of the `webhook` credential: the body signed with a secret that provider and gateway share. */
export interface WebhookOptions {
  /** Who sends them: `"standard"` stands for Standard Webhooks, an object for any other provider. */
  readonly provider: "stripe" | "github" | "slack" | "standard" | WebhookShape;
  /** The secret as the provider hands it out, or several of which one replaces the next. */
  readonly secret: EnvReference | readonly EnvReference[];
  /** How far the time of signing may be from now: `"1s"` to `"1h"`. Not for GitHub, which tells none. Default `"5m"`. */
  readonly tolerance?: string;
  /**
   * Whether a copy of a webhook is refused: one call of a store. A provider that delivers again signs again, and is
   * let through. Not for GitHub. Default true where the provider says when it signed.
   */
  readonly refuseCopies?: boolean;
}

/** Nobody guesses 16 bytes. */
const MIN_SECRET_BYTES = 16;

/** Its identities have neither scopes nor claims. */
export const grants = "nothing";
export const uses = ["nonces"] as const;

/** Makes the credential. */
export function create(
  { provider, secrets, tolerance, refuseCopies }: Resolved<CompiledWebhook>,
  requirements: Requirements,
  { deps }: Pick<SharedTools, "deps">,
): Credential {
  const shape = typeof provider === "string" ? SHAPES[provider] : declaredShape(provider);
  const challenge = `Webhook realm="${shape.name}"`;
  const macs = macsOfSecrets(secrets, shape);
  const identity = identityOf(shape);
  return {
    challenge,
    // A signature of one body is of no use for another, and an origin may want to see for itself.
    withheld: [],
    async verify(ctx) {
      const delivery = shape.read(ctx.request.headers);
      if (delivery === undefined) return undefined;
      if (macs instanceof Refusal) return macs;
      if ("fault" in delivery) return invalidCredential(challenge, delivery.fault);
      const rules: WebhookRules = { shape, macs, tolerance, refuseCopies, challenge, identity };
      const verdict = await verifyWebhook(delivery, rules, ctx, deps);
      return verdict instanceof Refusal ? verdict : withRights(verdict, requirements);
    },
  };
}

/** The secrets come with the deployment, so a bad one is found only here: nobody is let in with any of them. */
function macsOfSecrets(secrets: readonly string[], shape: Shape): readonly Mac[] | Refusal {
  const keys = secrets.map((secret) => shape.keyOf(secret));
  if (keys.every((key) => key !== undefined && key.length >= MIN_SECRET_BYTES))
    return (keys as Uint8Array[]).map((key) => new Mac(key, shape.hash));
  const cause = `a secret of ${shape.name} webhooks is malformed or shorter than ${MIN_SECRET_BYTES} bytes`;
  return refuse("configuration-missing", { cause });
}

function identityOf({ name }: Shape): Identity {
  const identity = { id: `webhook#${name}`, subject: name, issuer: "webhook", claims: {}, scopes: [] };
  return Object.freeze({ ...identity, credential: "webhook" });
}
