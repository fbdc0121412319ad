import { CONSUMER_ID } from "../../src/admin/consumers/consumer-fields.ts";
import { parseDuration } from "../../src/schema/duration.ts";
import { Misuse } from "../admin/misuse.ts";

/** The path of a consumer, or of something of it. @throws Misuse where a word cannot be an id */
export function consumerPath(consumer: string, ...rest: readonly string[]): string {
  if (!CONSUMER_ID.is(consumer)) throw new Misuse(`"${consumer}" is no consumer's id.`);
  return `/${[consumer, ...rest.map(idOf)].map(encodeURIComponent).join("/")}`;
}

/** The id of a key or token. @throws Misuse where it can be none: a path must lead where it seems to */
export function idOf(text: string): string {
  if (!/^[A-Za-z0-9][\w.:-]{0,63}$/.test(text)) throw new Misuse(`"${text}" is no id.`);
  return text;
}

/** `a,b` as a list; an empty text is the empty one. */
export function listed(text: string): string[] {
  return text.split(/[\s,]+/).filter((name) => name !== "");
}

/** `NAME=VALUE`, several times: a number, true or false where it is written as one, else a text. @throws Misuse */
export function metadataOf(pairs: readonly string[]): Record<string, string | number | boolean> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new Misuse(`"${pair}" is no metadata: write NAME=VALUE.`);
      return [pair.slice(0, at), metadataValue(pair.slice(at + 1))];
    }),
  );
}

function metadataValue(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  // A text that only looks like a number is written in quotes.
  if (/^".*"$/s.test(text)) return text.slice(1, -1);
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** When something ends: a time, or a duration from now on. @throws Misuse */
export function endOf(text: string, now: number): string {
  const duration = parseDuration(text);
  if (duration !== undefined) return new Date(now + duration).toISOString();
  if (/^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)$/.test(text)) return text;
  throw new Misuse(
    `"${text}" is no end: write a time such as 2027-01-31T12:00:00Z, or a duration such as 90d.`,
  );
}

/** Whole seconds of a duration such as `1d`. @throws Misuse */
export function secondsOf(text: string, option: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms % 1_000 !== 0)
    throw new Misuse(`${option} takes a duration in whole seconds, such as 0s, 30m or 1d.`);
  return ms / 1_000;
}

/** A whole number from 1 on. @throws Misuse */
export function countOf(text: string, option: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new Misuse(`${option} takes a whole number from 1 on.`);
  return Number(text);
}
