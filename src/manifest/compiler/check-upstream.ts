import * as z from "zod";
import { upstreamConcurrencySchema } from "../../concurrency/schema.ts";
import { isEnvReference } from "../../env.ts";
import { duration } from "../../schema/duration.ts";
import { suggest } from "../../schema/suggest.ts";
import { shedSchema } from "../../shedding/schema.ts";
import { type CheckedSignals, signalsSchema } from "../../signals/schema.ts";
import type { ServiceReference, UpstreamDeclaration } from "../../upstream/declare.ts";
import { RecordedOrigin } from "../../upstream/recorded/recorded.ts";
import { recordingSchema } from "../../upstream/recorded/schema.ts";
import type { UpstreamBlueprint } from "../blueprint.ts";
import { checkSecrets, type WranglerConfig } from "./check-environment.ts";
import { checkPresented } from "./check-presented.ts";
import type { Findings } from "./finding.ts";
import { parse } from "./parse.ts";

const schema = z.strictObject({
  origin: z.unknown().optional(),
  timeout: duration({ min: "1ms" }).optional(),
  certificate: z.string().min(1).optional(),
  concurrency: upstreamConcurrencySchema().optional(),
  shed: shedSchema().optional(),
  signals: signalsSchema().optional(),
  credential: z.unknown().optional(),
  identityToken: z.unknown().optional(),
});
const KINDS = "is a URL, env(…), service(…), or an app with fetch";

/** The name of an upstream, empty where it is none at all. */
export function upstreamName({ name }: UpstreamDeclaration): string {
  return typeof name === "string" ? name : "";
}

/** An upstream's options, parsed. */
export type CheckedUpstream = Omit<UpstreamBlueprint, "name" | "origin" | "signals"> & {
  readonly origin?: unknown;
  readonly signals?: CheckedSignals;
};

/** Judges an upstream's declaration. @returns its options parsed, undefined where they are unsound */
export function checkUpstream(
  declaration: UpstreamDeclaration,
  config: WranglerConfig,
  findings: Findings,
): CheckedUpstream | undefined {
  const before = findings.all.length;
  const name = upstreamName(declaration);
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    findings.at("name").add(`"${name}" is no upstream name: lower-case letters, digits and dashes`);
  }
  const parsed = parse(schema, declaration.options, findings);
  if (parsed === undefined) return undefined;
  const { credential, identityToken, ...rest } = parsed;
  const { origin, certificate } = rest;
  checkOrigin(origin, findings.at("origin"));
  if (
    certificate !== undefined &&
    (typeof origin === "string" ? !origin.startsWith("https:") : !isEnvReference(origin))
  ) {
    findings.at("certificate").add("is presented to an https URL only");
  }
  if (rest.signals?.above.shedRate !== undefined && rest.shed?.mode !== "enforce") {
    findings
      .at("signals", "above", "shedRate")
      .add("nothing is refused for the sake of this upstream", "Give it shed: {}.");
  }
  const presents = checkPresented(declaration, { credential, identityToken }, findings);
  const isSound = findings.all.length === before;
  checkDeployment({ origin, certificate, presents }, config, findings);
  return isSound ? { ...rest, ...(presents.length > 0 && { presents }) } : undefined;
}

/** Reports what a sound upstream needs and wrangler.toml does not have. */
function checkDeployment(
  { origin, certificate, presents = [] }: CheckedUpstream,
  config: WranglerConfig,
  findings: Findings,
): void {
  if (isService(origin)) checkService(origin.service, config, findings.at("origin"));
  // What is inside an app is its own business.
  if (isEnvReference(origin)) checkSecrets(origin, config, findings.at("origin"));
  if (certificate !== undefined) checkCertificate(certificate, config, findings.at("certificate"));
  for (const [name, options] of presents) checkSecrets(options, config, findings.at("credential", name));
}

function checkCertificate(certificate: string, { certificates }: WranglerConfig, findings: Findings): void {
  if (certificates.includes(certificate)) return;
  findings.add(
    `wrangler.toml has no client certificate "${certificate}"`,
    suggest(certificate, certificates) ?? `Add [[mtls_certificates]] with binding = "${certificate}".`,
  );
}

function checkOrigin(origin: unknown, findings: Findings): void {
  if (typeof origin === "string") checkUrl(origin, findings);
  else if (isEnvReference(origin) || isService(origin)) return;
  else if (origin instanceof RecordedOrigin)
    parse(recordingSchema(), origin.recording, findings.at("recording"));
  else if (typeof origin !== "object" || origin === null) findings.add(KINDS);
  else if (!("fetch" in origin) || typeof origin.fetch !== "function") findings.add(KINDS);
}

function isService(origin: unknown): origin is ServiceReference {
  return (
    typeof origin === "object" && origin !== null && "service" in origin && typeof origin.service === "string"
  );
}

function checkUrl(origin: string, findings: Findings): void {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    findings.add(
      `"${origin}" is not an absolute http(s) URL`,
      'Write scheme and host: "https://api.example".',
    );
  } else if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    findings.add("an origin has no credentials, query or fragment", "Keep scheme, host, port and path.");
  }
}

function checkService(service: string, { services }: WranglerConfig, findings: Findings): void {
  if (services.includes(service)) return;
  findings.add(
    `wrangler.toml has no service binding "${service}"`,
    suggest(service, services) ?? `Add [[services]] with binding = "${service}".`,
  );
}
