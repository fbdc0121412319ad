import { describe, expect, it } from "vitest";
import { refuse } from "../../src/errors/refusal.ts";
import type { AccessRecord } from "../../src/observe/record.ts";
import { inMode } from "../../src/observe/report.ts";

const refusal = refuse("body-too-large", { detail: "At most 10 bytes.", cause: "not for the log line" });

describe("inMode", () => {
  it("enforces: the refusal stands and nothing is reported", () => {
    const record: AccessRecord = {};
    expect(inMode("enforce", refusal, "bodyLimit", { record })).toBe(refusal);
    expect(record).toEqual({});
  });

  it("reports: the request passes, and the record says what would have been", () => {
    const record: AccessRecord = {};
    expect(inMode("report", refusal, "bodyLimit", { record })).toBeUndefined();
    expect(inMode("report", refuse("rate-limited"), "rateLimit", { record })).toBeUndefined();
    expect(record.reported).toEqual([
      { policy: "bodyLimit", code: "body-too-large", reason: "At most 10 bytes." },
      { policy: "rateLimit", code: "rate-limited" },
    ]);
  });
});
