import * as z from "zod";
import { isEnvReference } from "../../env.ts";
import { duration } from "../../schema/duration.ts";
import { suggest } from "../../schema/suggest.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import { RecordedOrigin } from "../../upstream/recorded/recorded.ts";
import { recordingSchema } from "../../upstream/recorded/schema.ts";
import { checkSecrets, type WranglerConfig } from "./check-environment.ts";
import type { Findings } from "./finding.ts";
import { parse } from "./parse.ts";

const schema = z.strictObject({
  origin: z.unknown().optional(),
  timeout: duration({ min: "1ms" }).optional(),
});
const KINDS = "is a URL, env(…), service(…), or an app with fetch";

/** The name of an upstream, empty where it is none at all. */
export function upstreamName({ name }: UpstreamDeclaration): string {
  return typeof name === "string" ? name : "";
}

/** Judges an upstream's declaration. @returns its options parsed, undefined where something is wrong with them */
export function checkUpstream(
  declaration: UpstreamDeclaration,
  config: WranglerConfig,
  findings: Findings,
): z.output<typeof schema> | undefined {
  const before = findings.all.length;
  const name = upstreamName(declaration);
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    findings.at("name").add(`"${name}" is no upstream name: lower-case letters, digits and dashes`);
  }
  const parsed = parse(schema, declaration.options, findings);
  if (parsed !== undefined) checkOrigin(parsed.origin, config, findings.at("origin"));
  return findings.all.length === before ? parsed : undefined;
}

function checkOrigin(origin: unknown, config: WranglerConfig, findings: Findings): void {
  if (typeof origin === "string") checkUrl(origin, findings);
  else if (isEnvReference(origin)) checkSecrets(origin, config, findings);
  else if (origin instanceof RecordedOrigin)
    parse(recordingSchema(), origin.recording, findings.at("recording"));
  else if (typeof origin !== "object" || origin === null) findings.add(KINDS);
  else if ("service" in origin && typeof origin.service === "string") {
    checkService(origin.service, config, findings);
  } else if (!("fetch" in origin) || typeof origin.fetch !== "function") findings.add(KINDS);
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
