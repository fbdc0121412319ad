/** What a declaration says of the consumer that one of its callers belongs to: a part of their identity. */
export function namedConsumer(
  consumers: Readonly<Record<string, string>>,
  caller: string,
): { readonly consumer?: string } {
  return Object.hasOwn(consumers, caller) ? { consumer: consumers[caller]! } : {};
}
