import { join } from "node:path";
import { createDpop } from "../../identity/dpop/dpop.ts";
import { createDecryption } from "../../identity/jwt/decryption.ts";
import { createRevocation } from "../../identity/jwt/revocation.ts";
import { createCertificateBinding } from "../../identity/mtls/certificate-binding.ts";
import { ROOT } from "./load.ts";
import type { Accessor } from "./locate.ts";

/** Functions of the Worker's own that compiled options name, and their files: what few manifests declare. */
const PARTS = new Map<unknown, readonly [file: string, name: string]>([
  [createCertificateBinding, ["src/identity/mtls/certificate-binding.ts", "createCertificateBinding"]],
  [createDecryption, ["src/identity/jwt/decryption.ts", "createDecryption"]],
  [createDpop, ["src/identity/dpop/dpop.ts", "createDpop"]],
  [createRevocation, ["src/identity/jwt/revocation.ts", "createRevocation"]],
]);

/**
 * How the entry reaches a part of the Worker that options name. It is imported like a manifest's own function, so that
 * only the Workers that need it hold it.
 */
export function workerPart(value: unknown): Accessor | undefined {
  const part = PARTS.get(value);
  return part && { file: join(ROOT, part[0]), expression: `.${part[1]}` };
}
