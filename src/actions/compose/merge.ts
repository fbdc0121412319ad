import type { RunnableStep } from "./runnable-step.ts";

/**
 * Merges without a function: objects in the order of declaration, later ones winning; any other value under its
 * step's name; a value with a `group` under that. Parts without a value are left out.
 */
export function mergeInOrder(
  steps: ReadonlyArray<Pick<RunnableStep, "name" | "group">>,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const { name, group } of steps) {
    if (!(name in values)) continue;
    const value = values[name];
    if (group !== undefined) merged[group] = value;
    else if (typeof value === "object" && value !== null && !Array.isArray(value))
      Object.assign(merged, value);
    else merged[name] = value;
  }
  return merged;
}
