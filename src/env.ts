/** A value that differs per environment, named in the manifest and read in the Worker. Made by `env()` and `secret()`. */
export interface EnvReference {
  readonly $env: string;
  /** Listed in wrangler.toml's `[secrets] required` and never printed. */
  readonly secret: boolean;
}

/** Names a variable of wrangler.toml's `[vars]` (or of the dashboard). */
export function env(name: string): EnvReference {
  return made({ $env: name, secret: false });
}

/** Names a secret. The build refuses it unless wrangler.toml's `[secrets] required` lists it. */
export function secret(name: string): EnvReference {
  return made({ $env: name, secret: true });
}

/** Whether the value was made by {@link env} or {@link secret}. */
export function isEnvReference(value: unknown): value is EnvReference {
  return isObject(value) && references.has(value) && typeof value.$env === "string";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Known by who made them, not by their shape: a manifest's own data may look the same. */
const references = new WeakSet<object>();

function made(reference: EnvReference): EnvReference {
  references.add(reference);
  return reference;
}
