import { ask, placement, startModule } from "../processes.ts";
import { median } from "../statistics.ts";
import { table } from "../table.ts";
import type { MatchTimes } from "./match-once.ts";

const SIZES = [10, 100, 1_000, 10_000];
const ROUNDS = 7;

/** The match step among 10 to 10,000 routes, each request for another route: medians of interleaved rounds, as a table. */
export async function matchTable(): Promise<string> {
  const runs = new Map(SIZES.map((size) => [size, [] as MatchTimes[]]));
  const core = placement()?.workerd;
  for (let round = 0; round < ROUNDS; round++) {
    for (const size of SIZES) {
      const child = startModule(new URL("match-once.ts", import.meta.url), core);
      runs.get(size)!.push(await ask<MatchTimes>(child, size));
    }
  }
  const first = runs.get(SIZES[0]!)!;
  const row = (size: number) => {
    const times = runs.get(size)!;
    const figures = (["step", "router"] as const).flatMap((part) => [
      median(times.map((each) => each[part])).toFixed(0),
      median(times.map((each, round) => each[part] / first[round]![part])).toFixed(2),
    ]);
    return [size.toLocaleString("en"), ...figures];
  };
  return table(["match among routes", "ns", "ratio", "its router, ns", "ratio"], SIZES.map(row)).join("\n");
}
