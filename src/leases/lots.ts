import type { Lot } from "./lease.ts";

/** Spends units from the first lots on, all or none; drops what has expired. @returns whether they were there */
export function spend(lots: Lot[], units: number, now: number): boolean {
  const first = lots[0];
  // Most requests: one lot, and enough in it.
  if (first !== undefined && now < first.expiresAt && first.tokens > units) {
    first.tokens -= units;
    return true;
  }
  let gone = 0;
  while (gone < lots.length && now >= lots[gone]!.expiresAt) gone++;
  if (gone > 0) lots.splice(0, gone);
  let there = 0;
  for (const { tokens } of lots) there += tokens;
  if (there < units) return false;
  let due = units;
  for (const lot of lots) {
    const taken = Math.min(lot.tokens, due);
    lot.tokens -= taken;
    due -= taken;
  }
  while (lots[0]?.tokens === 0) lots.shift();
  return true;
}

/** Adds tokens, in the order in which lots expire. */
export function add(lots: Lot[], tokens: number, expiresAt: number): void {
  const place = lots.findIndex((lot) => lot.expiresAt >= expiresAt);
  if (place < 0) lots.push({ tokens, expiresAt });
  else if (lots[place]!.expiresAt === expiresAt) lots[place]!.tokens += tokens;
  else lots.splice(place, 0, { tokens, expiresAt });
}
