import type { RequestContext } from "../../context.ts";
import type { Deps } from "../../deps.ts";
import { Refusal } from "../../errors/refusal.ts";
import { namedConsumer } from "../consumers/named-consumer.ts";
import type { CredentialVerdict } from "../credential.ts";
import type { Requirements } from "../declare.ts";
import { withRights } from "../held-rights.ts";
import type { Identity } from "../identity.ts";
import { invalidCredential } from "../invalid-credential.ts";
import { useOnce } from "../use-once.ts";
import { readAuthParams } from "./auth-params.ts";
import { canonicalRequest } from "./canonical-request.ts";
import { fromBase64 } from "./encodings.ts";
import { anySame, Mac, type MacHash, macsOf } from "./mac.ts";
import { signedBody } from "./request-body.ts";
import { COPIED, isNear, OUT_OF_TIME, readSeconds } from "./time.ts";

/** What signed requests must look like. Times in ms. */
export interface HmacRules {
  readonly algorithm: MacHash;
  readonly headers: readonly string[];
  readonly tolerance: number;
  readonly nonce: boolean;
  readonly realm: string;
  /** Key id → whose it is, where that is said. */
  readonly consumers?: Readonly<Record<string, string>> | undefined;
  readonly challenge: string;
  readonly requirements: Requirements;
}

/** What an `Authorization` field of the HMAC scheme says. */
interface Presented {
  readonly key: string;
  readonly timestamp: string;
  /** Empty where there is none. */
  readonly nonce: string;
  readonly signature: Uint8Array;
  /** Ms since the epoch. */
  readonly time: number;
}

const NONCE = /^[\x21\x23-\x5b\x5d-\x7e]{16,128}$/;
const PARAMETERS = ["key", "timestamp", "nonce", "signature"];

function identityOf(key: string, { realm, consumers = {} }: HmacRules): Identity {
  const issuer = `hmac:${realm}`;
  const id = `${issuer}#${key}`;
  const consumer = namedConsumer(consumers, key);
  return Object.freeze({
    id,
    subject: key,
    issuer,
    claims: {},
    scopes: [],
    ...consumer,
    credential: "hmac",
    key: id,
  });
}

/** Verifies requests that are signed with a shared secret. */
export class HmacVerifier {
  readonly #keys: ReadonlyMap<string, readonly Mac[]>;
  readonly #identities: ReadonlyMap<string, Identity>;
  readonly #rules: HmacRules;
  readonly #deps: Pick<Deps, "now" | "nonces">;
  /** Stands for the key of whoever has none, so that no key's id shows by the time that a refusal takes. */
  readonly #nobodys: readonly Mac[];

  constructor(
    keys: ReadonlyMap<string, readonly Mac[]>,
    rules: HmacRules,
    deps: Pick<Deps, "now" | "nonces" | "random">,
  ) {
    this.#keys = keys;
    this.#identities = new Map([...keys.keys()].map((key) => [key, identityOf(key, rules)]));
    this.#rules = rules;
    this.#deps = deps;
    this.#nobodys = [new Mac(deps.random(new Uint8Array(32)), rules.algorithm)];
  }

  /** Judges a request. @param authorization its field, of the HMAC scheme */
  async verify(authorization: string, ctx: RequestContext): Promise<CredentialVerdict> {
    const { algorithm, headers, tolerance, challenge } = this.#rules;
    const { now } = this.#deps;
    const presented = this.#read(authorization);
    if ("fault" in presented) return this.#refusal(presented.fault);
    const { key, timestamp, nonce, time } = presented;
    if (!isNear(time, now(), tolerance))
      return invalidCredential(challenge, "the timestamp is too far from now", OUT_OF_TIME);
    const body = await signedBody(ctx, now);
    if (body instanceof Refusal) return body;
    const signed = { hash: algorithm, key, timestamp, nonce, headers };
    const canonical = await canonicalRequest(ctx, body, signed);
    if ("fault" in canonical) return this.#refusal(canonical.fault);
    const macs = this.#keys.get(key);
    const codes = await macsOf(macs ?? this.#nobodys, new TextEncoder().encode(canonical.text));
    if (!anySame([presented.signature], codes) || macs === undefined)
      return this.#refusal("the signature does not hold, or there is no such key");
    return (
      (await this.#copyOf(presented, ctx)) ?? withRights(this.#identities.get(key)!, this.#rules.requirements)
    );
  }

  #read(authorization: string): Presented | { readonly fault: string } {
    const parameters = readAuthParams(authorization, "hmac");
    if (parameters === undefined) return { fault: "it is not of the HMAC scheme" };
    if ("fault" in parameters) return parameters;
    for (const name of parameters.keys())
      if (!PARAMETERS.includes(name)) return { fault: `it has "${name}"` };
    const [key = "", timestamp = "", nonce, encoded = ""] = PARAMETERS.map((name) => parameters.get(name));
    const time = readSeconds(timestamp);
    const signature = fromBase64(encoded);
    if (key === "" || time === undefined || signature === undefined)
      return { fault: "its key, timestamp or signature is missing or malformed" };
    if (nonce === undefined ? this.#rules.nonce : !NONCE.test(nonce))
      return { fault: "its nonce is missing, or not of 16 to 128 visible ASCII characters" };
    return { key, timestamp, nonce: nonce ?? "", signature, time };
  }

  async #copyOf({ key, nonce, time }: Presented, ctx: RequestContext): Promise<Refusal | undefined> {
    const { nonce: refusesCopies, realm, tolerance } = this.#rules;
    if (!refusesCopies) return undefined;
    const copied = () => this.#refusal(COPIED);
    return useOnce(this.#deps, ctx, ["hmac", realm, key, nonce], time + tolerance, copied);
  }

  #refusal(reason: string): Refusal {
    return invalidCredential(this.#rules.challenge, reason);
  }
}
