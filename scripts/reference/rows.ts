import type { Option, Shape } from "./shape.ts";

/** One line of a table of options. */
export interface Row {
  /** With the keys above it: `key.query`. */
  readonly label: string;
  readonly option: Option;
}

/** The options of a shape and of all below it, each after those that it stands in. */
export function rowsOf({ options, isMap }: Shape, above = ""): Row[] {
  const prefix = above === "" ? (isMap ? "<name>." : "") : `${above}.${isMap ? "<name>." : ""}`;
  return options.flatMap((option) => {
    const label = prefix + option.name;
    return [{ label, option }, ...rowsOf(option.shape, label)];
  });
}

/** Rows that say the same of the last part of their labels: as one, with all the labels. */
export function mergedRows(
  shape: Shape,
): Array<{ readonly labels: readonly string[]; readonly option: Option }> {
  const merged: Array<{ readonly labels: string[]; option: Option }> = [];
  for (const { label, option } of rowsOf(shape)) {
    const twin = merged.find((row) => same(row.option, option));
    if (twin === undefined) merged.push({ labels: [label], option });
    else {
      twin.labels.push(label);
      if (twin.option.shape.text !== option.shape.text) twin.option = withoutParameters(twin.option);
    }
  }
  return merged;
}

function same(a: Option, b: Option): boolean {
  const parts = ({ name, text, fallback, required, shape }: Option) =>
    JSON.stringify([name, text, fallback, required, shape.text]);
  return parts(withoutParameters(a)) === parts(withoutParameters(b));
}

/** Functions differ in what they are given, and are run alike. */
function withoutParameters({ shape, ...option }: Option): Option {
  return { ...option, shape: { ...shape, text: shape.text.replace(/function `.*?`/, "function") } };
}

/** The labels of the rows that a value has keys for. */
export function rowsUsed(shape: Shape, value: unknown, above = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => rowsUsed(shape, each, above));
  if (typeof value !== "object" || value === null) return [];
  const prefix = above === "" ? "" : `${above}.`;
  if (shape.isMap) {
    return Object.values(value).flatMap((each) =>
      rowsUsed({ ...shape, isMap: false }, each, `${prefix}<name>`),
    );
  }
  const members = value as Readonly<Record<string, unknown>>;
  return shape.options.flatMap((option) => {
    const inner = members[option.name];
    const label = prefix + option.name;
    return inner === undefined ? [] : [label, ...rowsUsed(option.shape, inner, label)];
  });
}
