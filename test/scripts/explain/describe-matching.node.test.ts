import { describe, expect, it } from "vitest";
import { describeMatching } from "../../../scripts/explain/describe-matching.ts";
import { explainMatching } from "../../../scripts/explain/match.ts";
import { redactorOf } from "../../../src/explain/redact.ts";
import { build, manifestOf } from "../../manifest/compiler/judge.ts";

function described(trailingSlash: string, method: string, path: string): string {
  const routes = [
    {
      kind: "routes",
      group: { access: "public" },
      routes: { "ANY /Shop": { respond: {} }, "ANY /cart/": { respond: {} } },
    },
  ];
  const options = { paths: { trailingSlash, case: "insensitive" }, routes };
  const { checked, findings } = build(manifestOf({ kind: "gateway", options }));
  expect(findings).toEqual([]);
  const matching = explainMatching(
    checked,
    { method, url: `https://a.example${path}`, headers: [] },
    redactorOf(),
  );
  return describeMatching(matching, checked, method).join("\n");
}

describe("a path that is not spelt as its route's", () => {
  it.each([
    ["strict", "GET", "/shop", "from here on its path is the declared one: /Shop"],
    ["ignore", "GET", "/shop/", "from here on its path is the declared one: /Shop"],
    ["ignore", "GET", "/cart", "from here on its path is the declared one: /cart/"],
    ["redirect", "GET", "/shop", "from here on its path is the declared one: /Shop"],
    ["redirect", "GET", "/shop/", "the client is sent to the declared path: /Shop"],
    ["redirect", "GET", "/CART", "the client is sent to the declared path: /cart/"],
    ["redirect", "OPTIONS", "/shop/", "from here on its path is the declared one: /Shop"],
  ])("%s, %s %s: %s", (policy, method, path, said) => {
    expect(described(policy, method, path)).toContain(said);
  });

  it("is not spoken of where it is", () => {
    for (const path of ["/Shop", "/cart/"]) {
      expect(described("redirect", "GET", path)).not.toMatch(/declared (?:one|path)/);
    }
  });
});
