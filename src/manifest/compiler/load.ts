import { registerHooks } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { GatewayDeclaration } from "../define.ts";
import { type Finding, Findings } from "./finding.ts";
import { readSources, type Source } from "./sources.ts";

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
  resolvePublicModule();
  const evaluated = await evaluate(sources, name, findings);
  const modules = evaluated.toSorted((a, b) => Number(b.file === path) - Number(a.file === path));
  const manifest = modules.find((module) => module.file === path);
  const gateway = manifest?.exports.default;
  if (isGateway(gateway)) return { file: path, gateway, modules, findings };
  if (manifest !== undefined) {
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

/** Evaluates the modules, each after those it imports, so that a broken one is named itself and by itself. */
async function evaluate(
  sources: readonly Source[],
  name: (file: string) => string,
  findings: Finding[],
): Promise<UserModule[]> {
  const modules: UserModule[] = [];
  const broken = new Set<string>();
  for (const { file, imports, platform } of sources) {
    if (platform || imports.some((imported) => broken.has(imported))) {
      broken.add(file);
      continue;
    }
    try {
      // A JSON file is data: it is part of the manifest, but has nothing that could be imported by name.
      const exports = file.endsWith(".json") ? {} : await import(pathToFileURL(file).href);
      modules.push({ file, name: name(file), exports });
    } catch (error) {
      broken.add(file);
      const reason = `cannot be evaluated: ${error instanceof Error ? error.message : String(error)}`;
      new Findings(findings, name(file), [lineOf(error, file)]).add(reason, evaluationHint(error));
    }
  }
  return modules;
}

/** Where in the file the error came from, if its stack says so. */
function lineOf(error: unknown, file: string): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const frame = stack.split("\n").find((line) => line.includes(`${pathToFileURL(file).href}:`));
  const line = /:(\d+):\d+\)?$/.exec(frame ?? "")?.[1];
  return line === undefined ? "" : `line ${line}`;
}

function evaluationHint(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  if (error.code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") {
    return "Use erasable TypeScript only: no enums or namespaces.";
  }
  if (error.code !== "ERR_MODULE_NOT_FOUND") return undefined;
  return error.message.startsWith("Cannot find package")
    ? "Packages come from the repository's package.json."
    : 'Relative imports carry their ending: import … from "./orders.ts"';
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
