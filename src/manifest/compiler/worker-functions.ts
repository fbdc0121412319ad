import { join } from "node:path";
import { createExemption } from "../../authorization/exemption.ts";
import { createOverride } from "../../functions/limit-override.ts";
import { createRegistered } from "../../identity/consumers/registered.ts";
import { createDpop } from "../../identity/dpop/dpop.ts";
import { createDecryption } from "../../identity/jwt/decryption.ts";
import { createRevocation } from "../../identity/jwt/revocation.ts";
import { createCertificateBinding } from "../../identity/mtls/certificate-binding.ts";
import { createPenalty } from "../../limits/penalty.ts";
import type { PartName } from "../../parts/part.ts";
import { ROOT } from "./load.ts";
import type { Accessor } from "./locate.ts";

/** A function of the Worker's own. */
interface WorkerFunction {
  /** Relative to the repository's root. */
  readonly file: string;
  readonly name: string;
  readonly uses?: readonly PartName[];
}

/** Those that compiled options name: what few manifests declare. */
const FUNCTIONS = new Map<unknown, WorkerFunction>([
  [
    createCertificateBinding,
    { file: "src/identity/mtls/certificate-binding.ts", name: "createCertificateBinding" },
  ],
  [createDecryption, { file: "src/identity/jwt/decryption.ts", name: "createDecryption" }],
  [createExemption, { file: "src/authorization/exemption.ts", name: "createExemption" }],
  [createOverride, { file: "src/functions/limit-override.ts", name: "createOverride" }],
  [createPenalty, { file: "src/limits/penalty.ts", name: "createPenalty" }],
  [createDpop, { file: "src/identity/dpop/dpop.ts", name: "createDpop", uses: ["nonces"] }],
  [
    createRegistered,
    { file: "src/identity/consumers/registered.ts", name: "createRegistered", uses: ["consumers"] },
  ],
  [createRevocation, { file: "src/identity/jwt/revocation.ts", name: "createRevocation" }],
]);

/**
 * How the entry reaches a function of the Worker's own that options name, and what that uses. It is imported like a
 * manifest's own function, so that only the Workers that need it hold it.
 */
export function workerFunction(
  value: unknown,
): { readonly accessor: Accessor; readonly uses: readonly PartName[] } | undefined {
  const found = FUNCTIONS.get(value);
  if (found === undefined) return undefined;
  const { file, name, uses = [] } = found;
  return { accessor: { file: join(ROOT, file), expression: `.${name}` }, uses };
}
