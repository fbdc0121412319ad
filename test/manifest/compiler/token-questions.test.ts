import { describe, expect, it } from "vitest";
import { tokenQuestions } from "../../../src/manifest/compiler/token-questions.ts";

const url = { keys: { url: "https://x.example/keys" } };

describe("what is asked about a token", () => {
  it.each<[string, unknown, number]>([
    ["nothing", { issuers: url }, 0],
    ["where the keys are", { issuers: { keys: { discovery: true } } }, 1],
    ["what is revoked", { issuers: [url, { ...url, revoked: {} }] }, 1],
    ["at worst of one issuer", { issuers: [{ keys: { discovery: true }, revoked: {} }, { revoked: {} }] }, 2],
    ["whether its proof was used", { issuers: url, proofOfPossession: "dpop" }, 1],
    ["nothing of a certificate", { issuers: url, proofOfPossession: "certificate" }, 0],
    ["nothing of nonsense", { issuers: [null, 1, { keys: "x" }] }, 0],
    ["nothing of nothing", undefined, 0],
  ])("is %s", (_, options, count) => {
    expect(tokenQuestions({ options })).toBe(count);
  });
});
