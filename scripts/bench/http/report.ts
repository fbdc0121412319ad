import { type Machine, machine } from "../machine.ts";
import type { Placement } from "../processes.ts";
import { type Estimate, estimate } from "../statistics.ts";
import { table } from "../table.ts";
import type { BundleSize } from "./bundle-size.ts";
import type { Round } from "./measure.ts";
import { RATIOS } from "./subjects.ts";

type Figures = Readonly<Record<keyof Round, Estimate | undefined>>;

/** Everything that a run found: the one object of `--json`. */
export interface Report {
  readonly method: { readonly rounds: number; readonly seconds: number; readonly interval: string };
  readonly machine: Machine & {
    /** Cores that workerd and its clients were pinned to; null where they were not. */
    readonly pinned: Placement | null;
  };
  /** Requests a second, CPU in µs per request, latencies in ms. */
  readonly subjects: Readonly<Record<string, Figures>>;
  /** CPU per request, or time per request, of the first over the second, taken in each round. */
  readonly ratios: ReadonlyArray<{
    readonly name: string;
    readonly cpu: Estimate | undefined;
    readonly time: Estimate;
  }>;
  readonly bundle: BundleSize | null;
}

interface Run {
  readonly rounds: number;
  readonly seconds: number;
  readonly pinned: Placement | undefined;
  readonly results: ReadonlyMap<string, readonly Round[]>;
  readonly bundle: BundleSize | undefined;
}

/** Turns what was measured into medians with their intervals. */
export function makeReport({ rounds, seconds, pinned, results, bundle }: Run): Report {
  const subjects: Record<string, Figures> = {};
  for (const [name, all] of results) {
    const of = (key: keyof Round) => estimateAll(all.map((round) => round[key]));
    subjects[name] = {
      requestsPerSecond: of("requestsPerSecond"),
      cpu: of("cpu"),
      p50: of("p50"),
      p99: of("p99"),
    };
  }
  return {
    method: { rounds, seconds, interval: "95 % bootstrap of the median over rounds" },
    machine: { ...machine(), pinned: pinned ?? null },
    subjects,
    ratios: RATIOS.flatMap(([name, yardstick]) => {
      const above = results.get(name);
      const below = results.get(yardstick);
      return above && below ? [{ name: `${name} / ${yardstick}`, ...ratio(above, below) }] : [];
    }),
    bundle: bundle ?? null,
  };
}

/** Of the two in the same round, so that what slowed both cancels out. */
function ratio(above: readonly Round[], below: readonly Round[]) {
  const pairs = above.flatMap((round, index) => {
    const other = below[index];
    return other ? [[round, other] as const] : [];
  });
  const cpu = pairs.map(([a, b]) => (a.cpu === undefined || b.cpu === undefined ? undefined : a.cpu / b.cpu));
  return {
    cpu: estimateAll(cpu),
    time: estimate(pairs.map(([a, b]) => b.requestsPerSecond / a.requestsPerSecond)),
  };
}

function estimateAll(values: ReadonlyArray<number | undefined>): Estimate | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length && known.length > 0 ? estimate(known) : undefined;
}

/** The report for people, in Markdown's table syntax. */
export function formatReport({ method, machine, subjects, ratios, bundle }: Report): string {
  const { processor, cores, platform, node, workerd, pinned } = machine;
  const where = pinned
    ? `workerd on core ${pinned.workerd}, clients and origin on core ${pinned.clients}`
    : "not pinned";
  const rows = Object.entries(subjects).map(([name, { requestsPerSecond, cpu, p50, p99 }]) => [
    name,
    show(requestsPerSecond, 0),
    cpu === undefined ? "unavailable" : show(cpu, 1),
    show(p50, 2),
    show(p99, 2),
  ]);
  const size = bundle ? `${kibibytes(bundle.bytes)}, ${kibibytes(bundle.gzip)} gzip -9` : "not measured";
  return [
    `${processor}, ${cores} cores (${where}), ${platform}, Node ${node}, workerd ${workerd}`,
    `${method.rounds} rounds, ${method.seconds} s a subject and round; median [${method.interval}]`,
    "",
    ...table(["Subject", "requests/s", "CPU µs/request", "p50 ms", "p99 ms"], rows),
    "",
    ...table(
      ["Ratio", "CPU", "time"],
      ratios.map(({ name, cpu, time }) => [
        name,
        cpu === undefined ? "unavailable" : show(cpu, 3),
        show(time, 3),
      ]),
    ),
    "",
    `Bundle of the sample gateway as deployed: ${size}`,
  ].join("\n");
}

function show(value: Estimate | undefined, digits: number): string {
  if (value === undefined) return "";
  const [middle, low, high] = [value.median, value.low, value.high].map((number) => number.toFixed(digits));
  return `${middle} [${low}, ${high}]`;
}

function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
