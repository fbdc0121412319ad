import type { RecordedExchange } from "./recording.ts";

/** What a request looks like to a recording. */
export type Asked = Pick<RecordedExchange, "method" | "target" | "body">;

/** How many are told. */
const MOST = 5;

/** What is recorded and likest to what was asked, as `METHOD target`: of its path first, then of a path like it. */
export function nearest(asked: Asked, exchanges: readonly Asked[]): string[] {
  const near = exchanges
    .map((each) => ({ name: `${each.method} ${each.target}`, rank: rankOf(asked, each) }))
    .toSorted((a, b) => b.rank - a.rank)
    .map(({ name }) => name);
  return [...new Set(near)].slice(0, MOST);
}

function rankOf(asked: Asked, { method, target }: Asked): number {
  let common = 0;
  while (common < asked.target.length && asked.target[common] === target[common]) common++;
  const samePath = pathOf(asked.target) === pathOf(target);
  return common + (samePath ? 10_000 : 0) + (asked.method === method ? 0.5 : 0);
}

function pathOf(target: string): string {
  return target.split("?", 1)[0] ?? target;
}
