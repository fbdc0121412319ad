import type { PendingLine } from "./tables.ts";

/**
 * A batch as its receiver gets it: CloudEvents in JSON (`application/cloudevents-batch+json`, CloudEvents JSON format 1.0, §4).
 * An event's id is the batch's with its place: the same, however often it is sent.
 */
export function eventsBody(subject: string, batch: string, lines: readonly PendingLine[]): string {
  return JSON.stringify(
    lines.map(({ event, dimensions, minute, value, count }, index) => ({
      specversion: "1.0",
      id: `${batch}-${index}`,
      source: "isogate",
      type: event,
      subject,
      time: new Date(minute * 60_000).toISOString(),
      datacontenttype: "application/json",
      data: { value, count, dimensions },
    })),
  );
}

/** What a batch bills, by event. */
export function unitsOf(body: string): Record<string, number> {
  const units: Record<string, number> = {};
  for (const { type, data } of JSON.parse(body) as BatchedEvent[])
    units[type] = (units[type] ?? 0) + data.value;
  return units;
}

type BatchedEvent = { readonly type: string; readonly data: { readonly value: number } };
