import { describe, expect, it } from "vitest";
import { parseSize, size } from "../../src/schema/size.ts";

describe("size", () => {
  it.each([
    ["0B", 0],
    ["512B", 512],
    ["1KB", 1_000],
    ["1KiB", 1_024],
    ["1.5MB", 1_500_000],
    ["2MiB", 2_097_152],
    ["1GB", 1_000_000_000],
    ["1GiB", 1_073_741_824],
  ])("%s is %d bytes", (text, bytes) => {
    expect(size().parse(text)).toBe(bytes);
  });

  it.each(["", "1", "MB", "1 MB", "1mb", "1kB", "1K", "-1KB", "0.5B", "1e3B", "99999999GiB"])(
    "%j is no size",
    (text) => {
      expect(parseSize(text)).toBeUndefined();
      expect(size().safeParse(text).error?.issues[0]?.message).toContain("is not a size");
    },
  );

  it("holds its bounds, both inclusive, and names the one that was passed", () => {
    const schema = size({ min: "1KB", max: "1MB" });
    expect(schema.parse("1KB")).toBe(1_000);
    expect(schema.parse("1MB")).toBe(1_000_000);
    expect(schema.safeParse("999B").error?.issues[0]?.message).toBe("must be at least 1KB");
    expect(schema.safeParse("1MiB").error?.issues[0]?.message).toBe("must be at most 1MB");
  });
});
