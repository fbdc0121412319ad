import { describe, expect, it } from "vitest";
import { runCaller } from "./callers.ts";

describe("runCaller", () => {
  it("runs TypeScript and bash with what they are given, and nothing else of this machine's", async () => {
    process.env.ISOGATE_TEST_ONLY = "seen";
    const ts = "const seen: unknown = process.env.ISOGATE_TEST_ONLY; console.log(process.env.A, seen);";
    expect(await runCaller({ language: "ts", text: ts }, { A: "1" })).toBe("1 undefined");
    const sh = 'echo "$A $(printenv ISOGATE_TEST_ONLY || echo unset)"';
    expect(await runCaller({ language: "sh", text: sh }, { A: "1" })).toBe("1 unset");
    delete process.env.ISOGATE_TEST_ONLY;
  });

  it("shows of a program that fails how it ended, in all its parts", async () => {
    const thrown = await runCaller({ language: "ts", text: 'console.log(1); throw new Error("no")' }, {});
    expect(thrown).toMatch(/^1\n[\s\S]*Error: no[\s\S]*ended with 1$/);
    expect(await runCaller({ language: "sh", text: "false | cat\necho 1" }, {})).toBe("ended with 1");
    expect(await runCaller({ language: "sh", text: 'echo "$UNSET"' }, {})).toMatch(
      /UNSET[\s\S]*ended with 1$/,
    );
  });
});
