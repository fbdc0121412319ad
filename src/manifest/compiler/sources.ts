import { isBuiltin } from "node:module";
import { dirname, resolve } from "node:path";
import * as esbuild from "esbuild";
import { type Finding, Findings } from "./finding.ts";

/** One of the manifest's own files, before it is evaluated. */
export interface Source {
  /** Absolute path. */
  readonly file: string;
  /** Absolute paths of the manifest's own files that it imports. */
  readonly imports: readonly string[];
  /** Whether it imports what only the platform has, so that Node cannot evaluate it. */
  readonly platform: boolean;
}

/**
 * Follows the manifest's imports and reports what only the sources show: duplicate keys, forbidden imports, and what
 * cannot be read at all.
 * @param name what a file is called in findings.
 * @returns the files, each after those that it imports; none where one cannot be read
 */
export async function readSources(
  manifest: string,
  name: (file: string) => string,
  findings: Finding[],
): Promise<readonly Source[]> {
  const folder = dirname(manifest);
  const at = (location: esbuild.Location | null) =>
    location === null
      ? new Findings(findings, name(manifest))
      : new Findings(findings, name(resolve(folder, location.file)), [`line ${location.line}`]);
  let built: esbuild.BuildResult<{ metafile: true }>;
  try {
    built = await esbuild.build({
      entryPoints: [manifest],
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      packages: "external",
      logLevel: "silent",
      absWorkingDir: folder,
    });
  } catch (error) {
    const { errors = [] } = error as Partial<esbuild.BuildFailure>;
    if (errors.length === 0) throw error;
    for (const { text, location } of errors) {
      at(location).add(text.startsWith("Could not resolve") ? text : `does not parse: ${text}`);
    }
    return [];
  }
  for (const { id, text, location } of built.warnings) {
    if (id !== "duplicate-object-key") continue;
    at(location).add(
      text,
      "The first of the two would be lost. Rename it, or make the value a list with `when`.",
    );
  }
  const { inputs } = built.metafile;
  return dependenciesFirst(inputs).map((input): Source => {
    const file = resolve(folder, input);
    const { imports = [] } = inputs[input] ?? {};
    const outside = imports.filter(({ external }) => external).map(({ path }) => path);
    for (const target of outside.filter((path) => isBuiltin(path) || isPlatform(path))) {
      const place = new Findings(findings, name(file), [`import "${target}"`]);
      place.add(
        "a manifest may not reach past the gateway to the platform",
        "Use the context that functions get.",
      );
    }
    return {
      file,
      imports: imports.filter(({ external }) => !external).map(({ path }) => resolve(folder, path)),
      platform: outside.some(isPlatform),
    };
  });
}

function isPlatform(target: string): boolean {
  return /^(?:cloudflare|workerd):/.test(target);
}

/** The inputs, each after those that it imports. */
function dependenciesFirst(inputs: esbuild.Metafile["inputs"]): string[] {
  const ordered = new Set<string>();
  const met = new Set<string>();
  const visit = (input: string) => {
    if (met.has(input)) return;
    met.add(input);
    for (const { path, external } of inputs[input]?.imports ?? []) if (!external) visit(path);
    ordered.add(input);
  };
  for (const input of Object.keys(inputs)) visit(input);
  return [...ordered];
}
