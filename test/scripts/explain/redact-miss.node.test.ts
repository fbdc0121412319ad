import { expect, it } from "vitest";
import { redactMiss } from "../../../scripts/explain/redact-miss.ts";
import { redactorOf } from "../../../src/explain/redact.ts";
import type { Miss } from "../../../src/match/why-not.ts";

const redactor = redactorOf({ headers: ["x-shop"], parameters: ["k"] });

it.each<Miss>([
  { predicate: "header", name: "X_Shop", expected: "b", actual: "a" },
  { predicate: "query", name: "K", expected: "b", actual: "a" },
  { predicate: "cookie", name: "lang", expected: "en", actual: "de" },
  { predicate: "query", name: "token", actual: "a" },
  { predicate: "query", name: "code", actual: "a" },
  { predicate: "header", name: "x-api-key", expected: "b", actual: "a" },
  { predicate: "body", name: "/login/password", expected: "b", actual: "a" },
  { predicate: "body", name: "/secret/0", expected: 1, actual: 2 },
])("$predicate $name is not shown", (miss) => {
  expect(redactMiss(miss, redactor)).toEqual({ ...miss, actual: "(redacted)" });
});

it.each<Miss>([
  { predicate: "cookie", name: "lang", expected: "en", actual: null },
  { predicate: "query", name: "page", expected: "1", actual: "2" },
  { predicate: "query", name: "100%", actual: "2" },
  { predicate: "header", name: "x-version", expected: "1", actual: "2" },
  { predicate: "body", name: "/order/type", expected: "gift", actual: "gifts" },
  { predicate: "body", name: "/password", actual: undefined },
  { predicate: "host", expected: "a.example", actual: "b.example" },
])("$predicate $name is shown, or is not there", (miss) => {
  expect(redactMiss(miss, redactor)).toEqual(miss);
});
