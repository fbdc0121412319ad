/** The cause of a refusal as text for the log: with its place in the code where it has one. Anything may be thrown. */
export function causeText(cause: unknown): string {
  if (cause instanceof Error) return cause.stack ?? cause.message;
  if (typeof cause === "string") return cause;
  try {
    return JSON.stringify(cause) ?? String(cause);
  } catch {
    return "something that cannot be written down";
  }
}
