import { registerHooks } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import * as esbuild from "esbuild";
import type { GatewayDeclaration } from "../define.ts";
import { type Finding, Findings } from "./finding.ts";

/** The repository's folder. */
export const ROOT = join(import.meta.dirname, "../../..");
const PUBLIC_MODULE = pathToFileURL(join(ROOT, "src/manifest/index.ts")).href;

/** One of the manifest's own files. */
export interface UserModule {
  /** Absolute path. */
  readonly file: string;
  /** As shown in findings: relative to the manifest's folder. */
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** A manifest read from its files, before anything of it is judged. */
export interface LoadedManifest {
  /** Absolute path of the manifest. */
  readonly file: string;
  readonly gateway: GatewayDeclaration | undefined;
  /** The manifest's own modules, the manifest first. */
  readonly modules: readonly UserModule[];
  readonly findings: Finding[];
}

/** Reads a manifest: its sources for what evaluation would hide, then its modules. */
export async function loadManifest(file: string): Promise<LoadedManifest> {
  const path = resolve(file);
  const name = (of: string) => relative(dirname(path), of) || of;
  const findings: Finding[] = [];
  const sources = await readSources(path, name, findings);
  if (findings.some(({ reason }) => reason.startsWith("does not parse")) || sources.length === 0) {
    return { file: path, gateway: undefined, modules: [], findings };
  }
  resolvePublicModule();
  const modules: UserModule[] = [];
  for (const source of sources) {
    try {
      modules.push({ file: source, name: name(source), exports: await import(pathToFileURL(source).href) });
    } catch (error) {
      // One broken module breaks all that import it, with the same error: report it once.
      const reason = `cannot be evaluated: ${error instanceof Error ? error.message : String(error)}`;
      if (!findings.some((finding) => finding.reason === reason)) {
        new Findings(findings, name(source)).add(reason, evaluationHint(error));
      }
    }
  }
  const gateway = modules.find((module) => module.file === path)?.exports.default;
  if (isGateway(gateway)) return { file: path, gateway, modules, findings };
  if (findings.length === 0) {
    new Findings(findings, name(path), ["default"]).add(
      "the manifest's default export is not a gateway",
      "Write: export default defineGateway({ routes: […] })",
    );
  }
  return { file: path, gateway: undefined, modules, findings };
}

function isGateway(value: unknown): value is GatewayDeclaration {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "gateway";
}

/** Follows the manifest's imports and reports what only the source shows. */
async function readSources(
  path: string,
  name: (file: string) => string,
  findings: Finding[],
): Promise<string[]> {
  const folder = dirname(path);
  try {
    const { metafile, warnings } = await esbuild.build({
      entryPoints: [path],
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      packages: "external",
      logLevel: "silent",
      absWorkingDir: folder,
    });
    for (const { id, text, location } of warnings) {
      const file = location === null ? path : resolve(folder, location.file);
      const line = location === null ? "" : `line ${location.line}`;
      if (id === "duplicate-object-key") {
        const suggestion =
          "The first of the two would be lost. Rename it, or make the value a list with `when`.";
        new Findings(findings, name(file), [line]).add(text, suggestion);
      }
    }
    for (const [input, { imports }] of Object.entries(metafile.inputs)) {
      for (const { path: target } of imports.filter(({ external }) => external)) {
        if (!/^(cloudflare|node|workerd):/.test(target)) continue;
        const place = new Findings(findings, name(resolve(folder, input)), [`import "${target}"`]);
        place.add(
          "a manifest may not reach past the gateway to the platform",
          "Use the context that functions get.",
        );
      }
    }
    const files = Object.keys(metafile.inputs).map((input) => resolve(folder, input));
    return files.sort((a, b) => Number(b === path) - Number(a === path));
  } catch (error) {
    const { errors = [] } = error as Partial<esbuild.BuildFailure>;
    if (errors.length === 0) throw error;
    for (const { text, location } of errors) {
      const file = location === null ? path : resolve(folder, location.file);
      const line = location === null ? "" : `line ${location.line}`;
      new Findings(findings, name(file), [line]).add(`does not parse: ${text}`);
    }
    return [];
  }
}

function evaluationHint(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ERR_MODULE_NOT_FOUND")
    return 'Relative imports carry their ending: import … from "./orders.ts"';
  if (code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX")
    return "Use erasable TypeScript only: no enums or namespaces.";
  return undefined;
}

let hooked = false;

/** Lets a manifest outside the repository import "isogate" and the packages that the repository has. */
function resolvePublicModule(): void {
  if (hooked) return;
  hooked = true;
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === "isogate") return next(PUBLIC_MODULE, context);
      try {
        return next(specifier, context);
      } catch (error) {
        if (/^[./]|^[a-z]+:/.test(specifier)) throw error;
        return next(specifier, { ...context, parentURL: pathToFileURL(join(ROOT, "package.json")).href });
      }
    },
  });
}

/** The manifest that a command line or the environment names. Default: the sample in routes/. */
export function manifestPath(option: string | undefined): string {
  return resolve(option ?? process.env.ISOGATE_MANIFEST ?? join(ROOT, "routes/index.ts"));
}
