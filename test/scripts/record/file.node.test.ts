import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readRecording, writeRecording } from "../../../scripts/record/file.ts";

const folder = mkdtempSync(join(tmpdir(), "isogate-recording-"));
afterAll(() => rmSync(folder, { recursive: true }));
const origin = "https://api.example";
const recording = { version: 1, origin, redacted: [], exchanges: [] };

describe("a recording's file", () => {
  it("is made with its folder, read back, and leaves nothing beside it", () => {
    const file = join(folder, "new/deep/api.json");
    expect(readRecording(file, origin)).toBeUndefined();
    writeRecording(file, recording);
    expect(readRecording(file, origin)).toEqual(recording);
    expect(readdirSync(join(folder, "new/deep"))).toEqual(["api.json"]);
    expect(readFileSync(file, "utf8")).toBe(
      `{\n  "version": 1,\n  "origin": "${origin}",\n  "redacted": [],\n  "exchanges": []\n}\n`,
    );
  });

  it("is not taken for one where it is something else", () => {
    const file = join(folder, "other.json");
    for (const text of ["{}", "no JSON", "", '{"version":2}']) {
      writeFileSync(file, text);
      expect(() => readRecording(file, origin), text).toThrow("is no recording");
    }
    writeRecording(file, recording);
    expect(() => readRecording(file, "https://other.example")).toThrow(
      "is the recording of https://api.example",
    );
    expect(existsSync(file)).toBe(true);
  });
});
