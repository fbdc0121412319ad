import type { RequestContext } from "../../context.ts";
import type { Deps } from "../../deps.ts";
import { Refusal } from "../../errors/refusal.ts";
import type { Identity } from "../identity.ts";
import { invalidCredential } from "../invalid-credential.ts";
import { useOnce } from "../use-once.ts";
import { toHex } from "./encodings.ts";
import { anySame, type Mac, macsOf } from "./mac.ts";
import { signedBody } from "./request-body.ts";
import { COPIED, isNear, OUT_OF_TIME } from "./time.ts";
import type { Delivery, Shape } from "./webhook-shapes.ts";

/** What webhooks must be like. Times in ms. */
export interface WebhookRules {
  readonly shape: Shape;
  readonly macs: readonly Mac[];
  readonly tolerance: number;
  readonly refuseCopies: boolean;
  readonly challenge: string;
  readonly identity: Identity;
}

/** Judges a webhook by what its header fields say. */
export async function verifyWebhook(
  delivery: Delivery,
  { shape, macs, tolerance, refuseCopies, challenge, identity }: WebhookRules,
  ctx: RequestContext,
  deps: Pick<Deps, "now" | "nonces">,
): Promise<Identity | Refusal> {
  const { time, before, after, signatures } = delivery;
  if (time !== undefined && !isNear(time, deps.now(), tolerance))
    return invalidCredential(challenge, "the timestamp is too far from now", OUT_OF_TIME);
  const body = await signedBody(ctx, deps.now);
  if (body instanceof Refusal) return body;
  const codes = await macsOf(macs, around(before, body, after));
  if (!anySame(signatures, codes)) return invalidCredential(challenge, "no signature holds");
  if (time === undefined || !refuseCopies) return identity;
  // The code covers id, timestamp and body: of two deliveries of one message, the later is signed anew. It is always
  // that of the first secret, so that a copy cannot pass by another signature.
  const parts = ["webhook", shape.name, toHex(codes[0]!)];
  const copied = () => invalidCredential(challenge, COPIED);
  const copy = await useOnce(deps, ctx, parts, time + tolerance, copied);
  return copy ?? identity;
}

function around(before: string, body: Uint8Array, after: string): Uint8Array {
  const [first, last] = [new TextEncoder().encode(before), new TextEncoder().encode(after)];
  const bytes = new Uint8Array(first.length + body.length + last.length);
  bytes.set(first);
  bytes.set(body, first.length);
  bytes.set(last, first.length + body.length);
  return bytes;
}
