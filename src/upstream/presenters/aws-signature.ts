import { AwsV4Signer } from "aws4fetch";
import * as z from "zod";
import type { EnvReference } from "../../env.ts";
import { foldName } from "../../http/fold-name.ts";
import type { Resolved } from "../../policies/policy.ts";
import { secretSchema } from "../../schema/secret.ts";
import { size } from "../../schema/size.ts";
import { textOrEnv } from "../../schema/text-or-env.ts";
import { headerText } from "../header-text.ts";
import type { Outbound, Presenter, PresenterTools, Put } from "../presenter.ts";
import { bytesOf, hex } from "../sendable-body.ts";

/**
 * AWS Signature Version 4, in `Authorization`. Signed are the method, the path, the query, the host and every
 * `x-amz-…` field, because what lies between may change other fields.
 */
export interface AwsSignatureOptions {
  /** Such as `"s3"`, `"execute-api"` or `"lambda"`. */
  readonly service: string;
  /** Such as `"eu-central-1"`. */
  readonly region: string | EnvReference;
  /** The access key's id. */
  readonly accessKeyId: string | EnvReference;
  /** The access key's secret. */
  readonly secretAccessKey: EnvReference;
  /** Of temporary credentials. */
  readonly sessionToken?: EnvReference;
  /**
   * `signed`: the body is read whole, to be signed too. `unsigned`: it streams, and TLS alone protects it, so the
   * origin must be https; S3 and few others take it. Default: `unsigned` with S3 over https, else `signed`.
   */
  readonly payload?: "signed" | "unsigned";
  /** The most that is read of a body that is signed; more is 413. Default `"1MB"`. */
  readonly maxBody?: string;
  /** Names of `x-amz-…` fields that a request may bring along. All others end here. Default: none. */
  readonly passFields?: readonly string[];
}

interface Compiled {
  readonly service: string;
  readonly region: string | EnvReference;
  readonly accessKeyId: string | EnvReference;
  readonly secretAccessKey: EnvReference;
  readonly sessionToken?: EnvReference | undefined;
  readonly payload?: "signed" | "unsigned" | undefined;
  /** Bytes. */
  readonly maxBody: number;
  readonly passFields: readonly string[];
}

/** Fields that the signature itself sets. */
const OWN = ["x-amz-content-sha256", "x-amz-date", "x-amz-security-token"];
const UNSIGNED = "UNSIGNED-PAYLOAD";
const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Schema of {@link AwsSignatureOptions}. Build only. */
export function options(): z.ZodType<Compiled, AwsSignatureOptions> {
  return z.strictObject({
    service: z.string().regex(/^[a-z0-9-]+$/, "is no name of a service"),
    region: textOrEnv(z.string().regex(/^[a-z0-9-]+$/, "is no name of a region")),
    accessKeyId: textOrEnv(),
    secretAccessKey: secretSchema(),
    sessionToken: secretSchema().optional(),
    payload: z.enum(["signed", "unsigned"]).optional(),
    maxBody: size({ max: "32MB" }).prefault("1MB"),
    passFields: z
      .array(
        z
          .string()
          .regex(/^x-amz-[a-z0-9-]+$/i, "is no name of an x-amz-… field")
          .refine((name) => !OWN.includes(name.toLowerCase()), "is what the signature itself sets")
          .transform((name) => name.toLowerCase()),
      )
      .default([]),
  });
}

export function create(options: Resolved<Compiled>, { deps }: PresenterTools): Presenter {
  const { service, region, accessKeyId, sessionToken, maxBody } = options;
  const secretAccessKey = headerText(options.secretAccessKey, "awsSignature");
  const passed = new Set(options.passFields);
  /** The day's signing key. */
  let cache = new Map<string, ArrayBuffer>();
  const put: Put = async (outbound) => {
    const { method, url, headers } = outbound;
    const signed = {
      ...fieldsToSign(headers, passed),
      "x-amz-content-sha256": await digest(outbound, options, maxBody),
    };
    if (cache.size > 1) cache = new Map();
    const signer = new AwsV4Signer({
      method,
      url,
      headers: signed,
      service,
      region,
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
      datetime: `${new Date(deps.now()).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`,
      cache,
    });
    for (const [name, value] of (await signer.sign()).headers) headers.set(name, value);
  };
  return { fields: ["authorization"], answersFor401: false, ready: () => put };
}

/** Takes every `x-amz-…` field off but those that may pass: what one asks for would be asked in the gateway's name. */
function fieldsToSign(headers: Headers, passed: ReadonlySet<string>): Record<string, string> {
  const signed: Record<string, string> = {};
  for (const [name, value] of [...headers]) {
    if (!foldName(name).startsWith("x-amz-")) continue;
    if (passed.has(name)) signed[name] = value;
    else headers.delete(name);
  }
  return signed;
}

async function digest(outbound: Outbound, { service, payload }: Resolved<Compiled>, maxBody: number) {
  const isTls = outbound.url.startsWith("https:");
  const mode = payload ?? (service === "s3" && isTls ? "unsigned" : "signed");
  // Over plain http anybody could put another body in its place.
  if (mode === "unsigned" && isTls) return UNSIGNED;
  if (outbound.body === null || outbound.body === undefined) return EMPTY_SHA256;
  return hex(await crypto.subtle.digest("SHA-256", await bytesOf(outbound, maxBody)));
}
