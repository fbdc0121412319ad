import { expect, it } from "vitest";
import { redactParameters } from "../../src/http/redact-parameters.ts";

it.each([
  ["https://a.example/token/x?q=1&secret=abc&page=2", "https://a.example/token/x?q=1&secret=-&page=2"],
  ["/p?sec%72et=a?b=c#secret=d&x=1", "/p?sec%72et=-#secret=-&x=1"],
  ["</a?Secret=1>; rel=next, </b?secret=2&x>", "</a?Secret=->; rel=next, </b?secret=-&x>"],
  ["/p?secret=&secrets=1", "/p?secret=&secrets=1"],
  ["/p?x?secret=1", "/p?x?secret=-"],
  ["secret=1", "secret=1"],
])("%s becomes %s", (text, shown) => {
  expect(redactParameters(text, (name) => name === "secret", "-")).toBe(shown);
});
