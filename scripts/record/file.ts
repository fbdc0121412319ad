import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Recording } from "../../src/upstream/recorded/recording.ts";
import { recordingSchema } from "../../src/upstream/recorded/schema.ts";

/**
 * Reads a recording that may be there already.
 * @throws Error where the file is something else, or the recording of another origin: it would be overwritten
 */
export function readRecording(file: string, origin: string): Recording | undefined {
  if (!existsSync(file)) return undefined;
  const recording = parse(readFileSync(file, "utf8"));
  if (recording === undefined) throw new Error(`${file} is there, and is no recording`);
  if (recording.origin !== origin) throw new Error(`${file} is the recording of ${recording.origin}`);
  return recording;
}

function parse(text: string): Recording | undefined {
  try {
    return recordingSchema().safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Writes a recording so that whoever reads the file at any time finds a whole one. */
export function writeRecording(file: string, recording: Recording): void {
  mkdirSync(dirname(file), { recursive: true });
  const fresh = `${file}.${process.pid}.tmp`;
  writeFileSync(fresh, `${JSON.stringify(recording, null, 2)}\n`);
  renameSync(fresh, file);
}
