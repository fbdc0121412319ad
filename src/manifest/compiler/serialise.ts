import { isEnvReference } from "../../env.ts";
import { type CredentialDeclaration, isCredential } from "../../identity/declare.ts";
import { type FileContent, ManifestFile } from "../../schema/manifest-file.ts";
import { isUpstream, type UpstreamDeclaration } from "../../upstream/declare.ts";

/** Gives what JSON cannot hold a name or number; called once for each such thing. */
export interface Registrar {
  upstream(declaration: UpstreamDeclaration): string;
  credential(declaration: CredentialDeclaration): number;
  value(value: unknown): number;
  variable(name: string): void;
  /** The content of a file, which stands in its place. */
  file(file: ManifestFile): FileContent;
}

/** Turns checked options into JSON text, with markers for what is not JSON. The inverse of `revive`. */
export function serialise(value: unknown, registrar: Registrar): string {
  return JSON.stringify(mark(value, registrar));
}

function mark(value: unknown, registrar: Registrar): unknown {
  if (isUpstream(value)) return { $upstream: registrar.upstream(value) };
  if (isCredential(value)) {
    return { $credential: registrar.credential(value), requirements: value.requirements };
  }
  if (isEnvReference(value)) {
    registrar.variable(value.$env);
    return { $env: value.$env, secret: value.secret };
  }
  if (value instanceof ManifestFile) return registrar.file(value);
  if (typeof value === "function" || isInstance(value)) return { $value: registrar.value(value) };
  if (Array.isArray(value)) return value.map((item) => mark(item, registrar));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  // Only data of the user's own has such keys, and all below them is data too.
  if (entries.some(([key]) => key.startsWith("$"))) return { $literal: value };
  return Object.fromEntries(entries.map(([key, inner]) => [key, mark(inner, registrar)]));
}

/** An app or another object with behaviour: anything that is not plain data. */
export function isInstance(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    (prototype !== Object.prototype && prototype !== null) ||
    typeof (value as { fetch?: unknown }).fetch === "function"
  );
}
