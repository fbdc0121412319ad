import type { ChildProcess } from "node:child_process";
import { forgetKeys, newKey } from "../registry.ts";
import { seededRandom } from "../statistics.ts";
import { table } from "../table.ts";
import { compareMedians } from "./compare.ts";
import type { Planned } from "./load.ts";
import { send } from "./send.ts";
import { shuffled } from "./shuffled.ts";

/** A gateway whose registry is asked, and the keys that hold there. */
export interface Registry {
  readonly port: number;
  readonly live: readonly string[];
}

/** Keys that are asked for until the isolates are made to forget them: as many as the smallest registry has. */
const KEYS = 10;
/** Requests to each gateway after that which are not counted: the first after a pause is slower. */
const WARM_UP = 3;
/** And before all: until the code is compiled. */
const LONG_WARM_UP = 2_000;
const LEVEL = 0.95;

const WHATS = [
  {
    what: "a key that holds",
    status: "200",
    keysOf:
      ({ live }: Registry) =>
      (turn: number) =>
        live[turn % live.length]!,
  },
  { what: "an unknown key", status: "401", keysOf: () => newKey },
] as const;

/**
 * Times requests with keys that the isolate does not know, so that the registry is asked. Registries of several sizes and
 * keys of both kinds take turns, one request at a time, in another order each turn.
 * @param requests of each
 */
export async function timeColdLookUps(
  load: ChildProcess,
  registries: readonly Registry[],
  requests: number,
  seed: number,
): Promise<string> {
  const random = seededRandom(seed);
  const kinds = WHATS.flatMap(({ what, status, keysOf }) =>
    registries.map((registry) => ({
      what,
      status,
      port: registry.port,
      consumers: registry.live.length,
      key: keysOf({ ...registry, live: shuffled(registry.live, random) }),
      times: [] as number[],
    })),
  );
  const warmUps = (count: number) =>
    registries.flatMap(({ port }): Planned[] =>
      Array.from({ length: count }, () => ({ port, key: newKey() })),
    );
  await send(load, warmUps(LONG_WARM_UP));
  for (let turn = 0; turn < requests; turn += KEYS) {
    for (const { port } of registries) await forgetKeys(port);
    const warmUp = warmUps(WARM_UP);
    const order = Array.from({ length: KEYS }, () => shuffled(kinds, random));
    const planned = order.flatMap((kindsOfTurn, n) =>
      kindsOfTurn.map(({ port, key }) => ({ port, key: key(turn + n) })),
    );
    const report = await send(load, [...warmUp, ...planned]);
    for (const [place, { what, status, times }] of order.flat().entries()) {
      const at = warmUp.length + place;
      const text = report.texts[report.answers[at]!]!;
      if (!text.startsWith(`HTTP/1.1 ${status}`)) throw new Error(`${what} was answered so:\n${text}`);
      times.push(report.times[at]!);
    }
  }
  const rows = WHATS.flatMap(({ what }) => {
    const sizes = kinds.filter((kind) => kind.what === what);
    const compared = compareMedians(
      sizes.map(({ times }) => times),
      LEVEL,
      seed,
    );
    return compared.map(({ median, above }, place) => [
      what,
      sizes[place]!.consumers.toLocaleString("en"),
      `${median.median.toFixed(1)} [${median.low.toFixed(1)}, ${median.high.toFixed(1)}]`,
      above === undefined
        ? ""
        : `${above.median.toFixed(1)} [${above.low.toFixed(1)}, ${above.high.toFixed(1)}]`,
      (median.median / compared[0]!.median.median).toFixed(3),
    ]);
  });
  return [
    `A key that the isolate does not know, so that the registry is asked: ${requests} requests of each kind, intervals of \
${LEVEL * 100} %`,
    "",
    ...table(["what is looked up", "among consumers", "median µs", "above the first, µs", "ratio"], rows),
  ].join("\n");
}
