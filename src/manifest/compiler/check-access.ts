import type * as z from "zod";
import { type AccessOptions, accessSchema } from "../../identity/access-schema.ts";
import { credentials } from "../../identity/credentials/registry.ts";
import {
  type Access,
  type AccessRule,
  type CredentialDeclaration,
  isCredential,
  type Requirements,
} from "../../identity/declare.ts";
import { suggest } from "../../schema/suggest.ts";
import { checkSecrets, type WranglerConfig } from "./check-environment.ts";
import type { Findings } from "./finding.ts";
import { grantsOf } from "./grants-of.ts";
import { parse } from "./parse.ts";
import { isRecord } from "./settings.ts";

/** Judges an access rule where it stands. @returns it compiled, or undefined where it is none */
export type AccessCheck = (access: unknown, findings: Findings) => AccessOptions | undefined;

/** Makes the check of access rules: each credential declaration is judged once, where it is first used. */
export function accessCheck(config: WranglerConfig): AccessCheck {
  const schema = accessSchema();
  const judged = new Set<unknown>();
  return (access, findings) => {
    const rule = parse(schema, access as Access, findings);
    const named = rule === undefined ? [] : rulesOf(rule).flatMap(credentialsOf);
    if (!named.every(({ requirements }) => isRecord(requirements))) {
      findings.add("what is asked of a credential is an object: write scopes or claims");
      return undefined;
    }
    for (const { type, options, requirements } of named) {
      const module = credentialModule(type, findings);
      if (module === undefined) return undefined;
      checkDemands(type, options, requirements, findings);
      if (judged.has(options)) continue;
      judged.add(options);
      parse(module.options() as z.ZodType, options, findings);
      checkSecrets(options, config, findings);
    }
    return rule;
  };
}

/** A credential's module by its type; where there is none, that is reported. */
export function credentialModule(type: unknown, findings: Findings) {
  const name = typeof type === "string" ? type : "";
  if (Object.hasOwn(credentials, name)) return credentials[name as keyof typeof credentials];
  findings.add(`"${name}" is no credential`, suggest(name, Object.keys(credentials)));
  return undefined;
}

/** Reports what is asked of a credential that nobody ever has by it: the route would answer everybody with 403. */
function checkDemands(
  type: string,
  options: unknown,
  { scopes = [], claims = {} }: Requirements,
  findings: Findings,
): void {
  const granted = grantsOf(type, options);
  const lacksScopes = scopes.length > 0 && !granted.has("scopes");
  const lacksClaims = Object.keys(claims).length > 0 && !granted.has("claims");
  if (!lacksScopes && !lacksClaims) return;
  if (type === "externalAuth") {
    findings.add(
      `an externalAuth credential ${lacksScopes ? "without identity.scopes grants no scopes" : "has no claims"}: what is asked of it is never there`,
      lacksScopes
        ? "Name the field of the answer that holds them as identity.scopes."
        : "Ask for scopes, or for roles in rules of authorize.",
    );
    return;
  }
  findings.add(
    `a ${type} credential grants no scopes and has no claims: what is asked of it is never there`,
    "Ask nothing of it, or take a credential that grants scopes.",
  );
}

function rulesOf({ always, onTrial = [] }: AccessOptions): readonly AccessRule[] {
  const trials = onTrial.map(({ rule }) => rule);
  return always === "public" ? trials : [always, ...trials];
}

function credentialsOf(rule: AccessRule): readonly CredentialDeclaration[] {
  if (isCredential(rule)) return [rule];
  return ("anyOf" in rule ? rule.anyOf : rule.allOf).flatMap(credentialsOf);
}
