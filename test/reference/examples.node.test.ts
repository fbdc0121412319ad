import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readExamples } from "../../scripts/reference/example.ts";
import { openPlayhouse, type Playhouse } from "./playing.ts";
import { parseTranscript } from "./transcript.ts";

let playhouse: Playhouse;
beforeAll(async () => {
  playhouse = await openPlayhouse();
});
afterAll(() => playhouse?.stop());

describe("the examples of the reference", () => {
  it("show every key of a manifest, and each of its options", () => {
    expect(playhouse.prepared.uncovered).toEqual([]);
  });

  for (const { name, transcript } of readExamples()) {
    it(`${name} passes the check and answers as it says`, async () => {
      const exchanges = parseTranscript(transcript);
      const isChecked = exchanges.some(({ command }) => command === undefined);
      if (!isChecked) expect(playhouse.prepared.findings[name]).toBeUndefined();
      playhouse.nextPlay();
      for (const exchange of exchanges) {
        expect(await playhouse.play(name, exchange)).toBe(exchange.text);
      }
    });
  }
});
