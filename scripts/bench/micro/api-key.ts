import { ask, placement, startModule } from "../processes.ts";
import { median } from "../statistics.ts";
import { table } from "../table.ts";
import type { KeyTimes } from "./api-key-once.ts";

/** Consumers of the smaller and of the larger registry: a look-up must cost the same. */
const SIZES = [10, 10_000];
const ROUNDS = 7;

/** Verifying a key that the isolate knows, among 10 and 10,000 consumers: medians of interleaved rounds, as a table. */
export async function keyTable(): Promise<string> {
  const runs = new Map(SIZES.map((size) => [size, [] as KeyTimes[]]));
  const core = placement()?.workerd;
  for (let round = 0; round < ROUNDS; round++) {
    for (const size of SIZES) {
      const child = startModule(new URL("api-key-once.ts", import.meta.url), core);
      runs.get(size)!.push(await ask<KeyTimes>(child, size));
    }
  }
  const first = runs.get(SIZES[0]!)!;
  const row = (size: number) => {
    const times = runs.get(size)!;
    const figures = (["one", "turns"] as const).flatMap((part) => [
      median(times.map((each) => each[part].p50)).toFixed(0),
      median(times.map((each) => each[part].p99)).toFixed(0),
      median(times.map((each, round) => each[part].p50 / first[round]![part].p50)).toFixed(2),
    ]);
    const garbage = median(times.map((each) => each.garbage.p50)).toFixed(0);
    return [size.toLocaleString("en"), ...figures, garbage];
  };
  const head = [
    "key known, among consumers",
    "ns",
    "p99",
    "ratio",
    "in turns, ns",
    "p99",
    "ratio",
    "wrong checksum, ns",
  ];
  return table(head, SIZES.map(row)).join("\n");
}
