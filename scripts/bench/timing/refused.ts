import type { ChildProcess } from "node:child_process";
import { misshapenKey, newKey, type RegisteredKeys } from "../registry.ts";
import { seededRandom } from "../statistics.ts";
import { table } from "../table.ts";
import { type Comparison, compareMedians } from "./compare.ts";
import type { Planned } from "./load.ts";
import { send } from "./send.ts";
import { shuffled } from "./shuffled.ts";

/** A kind of key that is refused. */
interface Kind {
  readonly name: string;
  /** What is to become of the attempt to tell it from the first kind; absent of that one itself. */
  readonly apart?: "never" | "control";
  /** The key of a turn. */
  readonly key: (turn: number) => string;
}

/** Keys of a kind that come again and again: several, so that no single key stands for its kind. */
const REPEATED = 10;
/** Turns that are not counted: until the code is compiled. */
const WARM_UP = 1_000;
const FAMILY_ERROR = 0.05;

interface Setting {
  readonly port: number;
  readonly load: ChildProcess;
  /** Timed requests of each kind. */
  readonly requests: number;
  readonly seed: number;
  readonly registered: RegisteredKeys;
}

/** Keys of each kind that the registry must have: a fresh one for each turn. */
export const turnsOf = (requests: number) => requests + WARM_UP;

/**
 * Times refusals of every kind, one after the other and in another order each turn, and says which can be told apart:
 * with keys that come for the first time, and with a few that come again and again.
 */
export async function timeRefusals(how: "first" | "again", setting: Setting): Promise<string> {
  const { port, load, requests, seed, registered } = setting;
  const kinds = how === "first" ? kindsOf(registered) : kindsOf(registered).map(fewOf);
  const random = seededRandom(seed);
  const turns = turnsOf(requests);
  const order = Array.from({ length: turns }, () => shuffled(kinds.keys(), random));
  const planned = order.flatMap((kindsOfTurn, turn): Planned[] =>
    kindsOfTurn.map((kind) => ({ port, key: kinds[kind]!.key(turn) })),
  );
  const report = await send(load, planned);
  const times = kinds.map(() => [] as number[]);
  const answers = kinds.map(() => new Set<number>());
  for (const [place, kind] of order.flat().entries()) {
    answers[kind]!.add(report.answers[place]!);
    if (place >= WARM_UP * kinds.length) times[kind]!.push(report.times[place]!);
  }
  if (report.texts.length > 1) {
    const whose = (text: number) =>
      kinds.filter((_, kind) => answers[kind]!.has(text)).map(({ name }) => name);
    throw new Error(report.texts.map((text, n) => `${whose(n).join(", ")}:\n${text}`).join("\n\n"));
  }

  // Both ways of asking are judged together: one false alarm in twenty runs is what may be expected.
  const level = 1 - FAMILY_ERROR / (2 * kinds.filter(({ apart }) => apart === "never").length);
  return [
    `A key that is refused and comes ${how === "first" ? "for the first time" : "again within five seconds"}: ${requests} requests of each kind, \
intervals of ${(level * 100).toFixed(1)} %. All ${report.answers.length} answers are the same but for their ids: ${report.texts[0]?.split("\r\n", 1)[0]}`,
    "",
    ...table(
      ["kind of key", "median µs", "above unknown, µs", "told apart"],
      compareMedians(times, level, seed).map((compared, kind) => row(kinds[kind]!, compared)),
    ),
  ].join("\n");
}

function kindsOf({ revoked, expired }: RegisteredKeys): readonly Kind[] {
  const tail = () => newKey().slice(-28, -8);
  return [
    { name: "unknown", key: newKey },
    { name: "revoked", apart: "never", key: (turn) => revoked[turn]! },
    { name: "expired", apart: "never", key: (turn) => expired[turn]! },
    { name: "right checksum, wrong digits", apart: "never", key: () => misshapenKey(`$$$$${tail()}`) },
    { name: "right checksum, too short", apart: "never", key: () => misshapenKey(tail()) },
    { name: "unknown once more (must not differ)", apart: "control", key: newKey },
    { name: "wrong checksum (may differ)", apart: "control", key: () => `${newKey().slice(0, -1)}-` },
  ];
}

function fewOf(kind: Kind): Kind {
  const keys = Array.from({ length: REPEATED }, (_, turn) => kind.key(turn));
  return { ...kind, key: (turn) => keys[turn % REPEATED]! };
}

function row({ name }: Kind, { median, above }: Comparison): string[] {
  const middle = `${median.median.toFixed(1)} [${median.low.toFixed(1)}, ${median.high.toFixed(1)}]`;
  if (above === undefined) return [name, middle, "", ""];
  const apart = above.low > 0 || above.high < 0;
  const sign = (value: number) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;
  return [
    name,
    middle,
    `${sign(above.median)} [${sign(above.low)}, ${sign(above.high)}]`,
    apart ? "yes" : "no",
  ];
}
