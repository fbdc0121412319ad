import type { Destination } from "./meter-store.ts";

/** A destination as a key. */
export function placeOf({ upstream, path, everyMs, batch }: Destination): string {
  return JSON.stringify([upstream, path, everyMs, batch]);
}

/** The destination of a key. */
export function destinationOf(place: string): Destination {
  const [upstream, path, everyMs, batch] = JSON.parse(place) as [string, string, number, number];
  return { upstream, path, everyMs, batch };
}

/** Dimensions as a key: the order in which they were declared says nothing. */
export function dimensionsText(dimensions: Readonly<Record<string, string>>): string {
  return JSON.stringify(dimensions, Object.keys(dimensions).sort());
}
