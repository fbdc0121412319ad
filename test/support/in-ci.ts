/** What a test needs of the machine. In CI it must be there: what is skipped there would be missed by nobody. */
export function inCi<T>(found: T | undefined, name: string): T | undefined {
  if (found === undefined && process.env.CI !== undefined) throw new Error(`${name} is not installed`);
  return found;
}
