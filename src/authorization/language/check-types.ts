import { parseNetwork } from "../../http/network.ts";
import type { Comparison, Expression, Operand, Scalar } from "./expression.ts";
import { knownPath, type Type } from "./known-paths.ts";
import { Mistake } from "./mistake.ts";
import type { Syntax } from "./syntax.ts";

/** An operand, and what it is known to be. */
interface Typed {
  readonly operand: Operand;
  readonly type: Type;
  /** As an author would call it. */
  readonly noun: string;
  readonly at: number;
}

/** What each side of a comparison must be; sides of `==` and `!=` must be of one type beside. */
const SIDES: Readonly<Record<Comparison, readonly [left: readonly Type[], right: readonly Type[]]>> = {
  "==": [
    ["string", "number", "boolean"],
    ["string", "number", "boolean"],
  ],
  "!=": [
    ["string", "number", "boolean"],
    ["string", "number", "boolean"],
  ],
  "<": [["number"], ["number"]],
  "<=": [["number"], ["number"]],
  ">": [["number"], ["number"]],
  ">=": [["number"], ["number"]],
  in: [["string", "number", "boolean"], ["list"]],
  has: [["list"], ["string", "number", "boolean"]],
  startsWith: [["string"], ["string"]],
  endsWith: [["string"], ["string"]],
};

/** Turns what is written into a condition that makes sense. @throws Mistake */
export function checkTypes(syntax: Syntax): Expression {
  switch (syntax.kind) {
    case "and":
      return { and: syntax.parts.map(checkTypes) };
    case "or":
      return { or: syntax.parts.map(checkTypes) };
    case "not":
      return { not: checkTypes(syntax.part) };
    case "compare":
      return compare(syntax);
    case "value":
      if (typeof syntax.value === "boolean") return { always: syntax.value };
  }
  const { noun, at } = typed(syntax);
  throw new Mistake(at, `${noun} alone is no condition`, "Compare it, such as with == true.");
}

function compare({ by, left, right, at }: Extract<Syntax, { kind: "compare" }>): Expression {
  if (right.kind === "cidr") {
    const subject = typed(left);
    const { operand, type } = subject;
    if (by !== "in" || type !== "address" || !("path" in operand)) {
      throw new Mistake(right.at, "cidr(…) stands right of an address", "Write request.address in cidr(…).");
    }
    return { address: operand.path, networks: right.networks.map(network) };
  }
  const [a, b] = [typed(left), typed(right)];
  const [lefts, rights] = SIDES[by];
  require(a, lefts, by, "left");
  require(b, rights, by, "right");
  const isEquality = by === "==" || by === "!=";
  if (isEquality && a.type !== b.type && a.type !== "any" && b.type !== "any") {
    throw new Mistake(at, `${a.noun} never equals ${b.noun}`);
  }
  return { compare: by, left: a.operand, right: b.operand };
}

function require({ type, noun, at }: Typed, wanted: readonly Type[], by: Comparison, side: string): void {
  if (type === "any" || wanted.includes(type)) return;
  const hint =
    type === "address"
      ? 'Addresses are compared with in cidr("…").'
      : type === "list"
        ? "Ask what a list holds with has or in."
        : undefined;
  throw new Mistake(at, `${noun} cannot stand ${side} of ${by}`, hint);
}

function typed(syntax: Syntax): Typed {
  const { at } = syntax;
  switch (syntax.kind) {
    case "value": {
      const { value } = syntax;
      const type = typeof value as "string" | "number" | "boolean";
      return { operand: { value }, type, noun: `the ${type} ${JSON.stringify(value)}`, at };
    }
    case "list":
      return { operand: { list: oneType(syntax.values, at) }, type: "list", noun: "a list", at };
    case "path": {
      const { path, type } = knownPath(syntax.names, at);
      return { operand: { path }, type, noun: path.join("."), at };
    }
    case "cidr":
      throw new Mistake(at, "cidr(…) stands right of an address", "Write request.address in cidr(…).");
    default:
      throw new Mistake(at, "a condition cannot be compared", 'Join conditions with "and", "or" and "not".');
  }
}

function oneType(values: readonly Scalar[], at: number): readonly Scalar[] {
  if (values.length === 0) throw new Mistake(at, "an empty list holds nothing");
  if (new Set(values.map((value) => typeof value)).size > 1) {
    throw new Mistake(at, "a list holds values of one type");
  }
  return values;
}

function network({ text, at }: { readonly text: string; readonly at: number }) {
  const parsed = parseNetwork(text);
  if (parsed !== undefined) return parsed;
  throw new Mistake(at, `"${text}" is no network`, "Write its first address and its length: 10.0.0.0/8.");
}
