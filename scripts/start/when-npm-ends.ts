/** Calls `end` once npm has gone: where it is terminated it does not say so to its script, its shell just goes away. */
export function whenNpmEnds(end: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const shell = process.ppid;
  setInterval(() => process.ppid !== shell && end(), 500).unref();
}
