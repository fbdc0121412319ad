import { keyReference, repeated } from "../limits/check-keys.ts";
import type { RouteFacts } from "../policies/policy.ts";
import type { CheckedMeter } from "./meter.ts";

/** What a request alone does not tell. */
const NOT_OF_THE_REQUEST = ["route", "response"];

/** What is wrong with a meter on a route. Build only. */
export function check(_: CheckedMeter<unknown>, { authenticates }: Pick<RouteFacts, "authenticates">) {
  if (authenticates) return [];
  const reason = "nobody authenticates on a public route, so nobody could be billed";
  return [{ path: ["event"], reason, suggestion: "Give the route a credential as its access." }];
}

/** What is wrong with several meters of one route together. Build only. */
export function checkAll(meters: ReadonlyArray<CheckedMeter<unknown>>): string[] {
  const twice = repeated(meters.map(({ event }) => event));
  const several = meters.filter(({ prepaid }) => prepaid !== undefined).length > 1;
  return [
    ...twice.map((event) => `two meters count "${event}": a request would be billed twice`),
    ...(several ? ["two meters are prepaid: a request is paid for once"] : []),
  ];
}

/** The references of a meter, for the checks that all policies share. Build only. */
export function requestReferences({ by, value, dimensions }: CheckedMeter<unknown>) {
  const use = (path: readonly string[], source: string | number | undefined) =>
    (typeof source === "string" ? keyReference(path, source) : [])
      .filter(({ reference: [root] }) => !NOT_OF_THE_REQUEST.includes(root))
      .map((each) => ({ ...each, keyed: false }));
  return [
    ...use(["by"], by),
    ...use(["value"], value),
    ...dimensions.flatMap(({ name, source }) => use(["dimensions", name], source)),
  ];
}
