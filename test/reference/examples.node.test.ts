import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readExamples } from "../../scripts/reference/example.ts";
import { readFences } from "../../scripts/reference/fences.ts";
import { readGuides } from "../../scripts/reference/guides.ts";
import { hasShellTools } from "./callers.ts";
import { Playhouse } from "./playing.ts";
import { parseTranscript } from "./transcript.ts";

let playhouse: Playhouse;
beforeAll(async () => {
  playhouse = await Playhouse.open();
});
afterAll(() => playhouse?.stop());

async function expectPlayed(example: string, transcript: string): Promise<void> {
  playhouse.nextPlay();
  for (const exchange of parseTranscript(transcript)) {
    expect(await playhouse.play(example, exchange)).toBe(exchange.text);
  }
}

describe("the examples of the reference", () => {
  it("show every key of a manifest, and each of its options", () => {
    expect(playhouse.prepared.uncovered).toEqual([]);
  });

  for (const { name, transcript } of readExamples()) {
    it(`${name} passes the check and answers as it says`, async () => {
      const isChecked = parseTranscript(transcript).some(({ command }) => command === undefined);
      if (!isChecked) expect(playhouse.prepared.findings[name]).toBeUndefined();
      await expectPlayed(name, transcript);
    });
  }
});

describe("the pages of docs/credentials and docs/limits", () => {
  const isShell = hasShellTools();
  for (const { name, text } of readGuides()) {
    for (const [index, fence] of readFences(text).entries()) {
      const { role, language, example, line } = fence;
      if (role === "transcript") {
        it(`${name}.md:${line}: ${example} answers as it says`, () => expectPlayed(example, fence.text));
      }
      if (role === "caller") {
        it.skipIf(language === "sh" && !isShell)(
          `${name}.md:${line}: this ${language} is answered by ${example} as it says`,
          async () => {
            const { text: expected } = readFences(text)[index + 1]!;
            expect(await playhouse.call(fence, expected)).toBe(expected);
          },
        );
      }
    }
  }
});
