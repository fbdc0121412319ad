import { readdirSync, readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import type { FileContent, ManifestFile } from "../../schema/manifest-file.ts";
import { suggest } from "../../schema/suggest.ts";
import type { Findings } from "./finding.ts";

/** In bytes: files become part of the Worker, which is bounded itself. */
const LARGEST = 1_000_000;

/**
 * Reads a file of the manifest's folder.
 * @param folder absolute path of the manifest's folder, out of which no file may lead.
 * @returns undefined where it cannot be had, which is reported
 */
export function embedFile({ path }: ManifestFile, folder: string, place: Findings): FileContent | undefined {
  const report = (what: string, suggestion?: string) => {
    place.add(`the file "${path}" ${what}`, suggestion);
    return undefined;
  };
  const file = join(folder, path);
  const stats = statsOf(file);
  if (stats === undefined) return report("is not there", whereElse(path, folder, place.file));
  if (leadsOut(realpathSync(folder), realpathSync(file))) {
    return report("is outside the manifest's folder", "Copy it into the folder.");
  }
  if (stats.isDirectory()) return report("is a folder");
  const bytes = readFileSync(file);
  if (bytes.byteLength > LARGEST) {
    return report(
      `has ${bytes.byteLength} bytes; at most ${LARGEST} can be embedded`,
      "Forward to where it is kept.",
    );
  }
  const text = asText(bytes);
  if (/\.json$/i.test(path)) {
    const wrong = text === undefined ? "not UTF-8" : jsonMistake(text);
    if (wrong !== undefined) return report(`is no JSON: ${wrong}`);
  }
  return text ?? { base64: bytes.toString("base64") };
}

/** Undefined where there is nothing, or nothing that may be read. */
function statsOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}

function leadsOut(folder: string, file: string): boolean {
  const path = relative(folder, file);
  return path.startsWith("..") || isAbsolute(path);
}

/** @param declaredIn the file that names it, relative to the manifest's folder */
function whereElse(path: string, folder: string, declaredIn: string): string {
  const beside = join(dirname(declaredIn), path).replaceAll("\\", "/");
  if (statsOf(join(folder, beside)) !== undefined) {
    return `Paths begin at the manifest's folder: write "./${beside}".`;
  }
  return (
    suggest(basename(path), namesIn(dirname(join(folder, path)))) ?? "Paths begin at the manifest's folder."
  );
}

function namesIn(folder: string): readonly string[] {
  return statsOf(folder)?.isDirectory() ? readdirSync(folder) : [];
}

/** The text, byte for byte; undefined where it is no UTF-8. */
function asText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function jsonMistake(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
