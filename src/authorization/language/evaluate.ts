import { contains, parseAddress } from "../../http/network.ts";
import type { Comparison, Expression, Operand } from "./expression.ts";
import { reader, type Seen } from "./read.ts";

/** A condition, ready to be asked. @throws Ambiguous */
export type Condition = (seen: Seen) => boolean;

/**
 * Makes an expression ready: closures over its parts, no generated code. A comparison with what is missing, or is of
 * another type than it takes, is false; so is `!=`, for what is not known cannot be said to differ.
 */
export function condition(expression: Expression): Condition {
  if ("always" in expression) return () => expression.always;
  if ("and" in expression) {
    const parts = expression.and.map(condition);
    return (seen) => parts.every((part) => part(seen));
  }
  if ("or" in expression) {
    const parts = expression.or.map(condition);
    return (seen) => parts.some((part) => part(seen));
  }
  if ("not" in expression) {
    const part = condition(expression.not);
    return (seen) => !part(seen);
  }
  if ("compare" in expression) {
    const test = TESTS[expression.compare];
    const [left, right] = [value(expression.left), value(expression.right)];
    return (seen) => test(left(seen), right(seen));
  }
  const { networks } = expression;
  const read = reader(expression.address);
  return (seen) => {
    const text = read(seen);
    const address = typeof text === "string" ? parseAddress(text) : undefined;
    return address !== undefined && networks.some((network) => contains(network, address));
  };
}

function value(operand: Operand): (seen: Seen) => unknown {
  if ("path" in operand) return reader(operand.path);
  const constant = "list" in operand ? operand.list : operand.value;
  return () => constant;
}

const TESTS: Readonly<Record<Comparison, (left: unknown, right: unknown) => boolean>> = {
  "==": (left, right) => isScalar(left) && left === right,
  "!=": (left, right) => isScalar(left) && isScalar(right) && left !== right,
  "<": (left, right) => typeof left === "number" && typeof right === "number" && left < right,
  "<=": (left, right) => typeof left === "number" && typeof right === "number" && left <= right,
  ">": (left, right) => typeof left === "number" && typeof right === "number" && left > right,
  ">=": (left, right) => typeof left === "number" && typeof right === "number" && left >= right,
  in: holds,
  has: (left, right) => holds(right, left),
  startsWith: (left, right) =>
    typeof left === "string" && typeof right === "string" && left.startsWith(right),
  endsWith: (left, right) => typeof left === "string" && typeof right === "string" && left.endsWith(right),
};

function holds(item: unknown, list: unknown): boolean {
  return isScalar(item) && Array.isArray(list) && list.includes(item);
}

function isScalar(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
