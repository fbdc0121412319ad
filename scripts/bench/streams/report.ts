import { estimate } from "../statistics.ts";
import { table } from "../table.ts";
import type { Round } from "./measure.ts";
import { RELAY, type Work } from "./subjects.ts";

const TITLES = { download: "1 GB down", upload: "100 MB up", talk: "WebSocket" } as const;

type Figure = (round: Round) => number;

const seconds: Figure = (round) => round.seconds;
const cpu: Figure = (round) => round.cpu;
const perSecond: Figure = ({ amount, seconds }) => amount / seconds;
/** A message goes there and comes back. */
const perMessage: Figure = ({ cpu, amount }) => (cpu / amount) * 1e6;

/** What a body cost each subject, the first of which is the yardstick. */
export function bodyTable(work: Work, names: readonly string[], results: readonly Round[][]): string[] {
  const [yardstick = []] = results;
  const rows = names.map((name, index) => {
    const rounds = results[index]!;
    return [
      name,
      show(rounds.map(seconds), 2),
      ratio(rounds, yardstick, seconds),
      show(rounds.map(cpu), 2),
      ratio(rounds, yardstick, cpu),
      `+${(Math.max(...rounds.map(({ growth }) => growth)) / 1_048_576).toFixed(1)}`,
    ];
  });
  return table([TITLES[work], "s", "ratio", "CPU s", "ratio", "memory MiB, at most"], rows);
}

/** What a message cost each subject: beside the first, and one that relays beside the relay by hand. */
export function talkTable(work: Work, names: readonly string[], results: readonly Round[][]): string[] {
  const relay = names.indexOf(RELAY);
  const rows = names.map((name, index) => {
    const rounds = results[index]!;
    return [
      name,
      show(rounds.map(perSecond), 0),
      show(rounds.map(perMessage), 1),
      ratio(rounds, results[0]!, perMessage),
      index < relay ? "" : ratio(rounds, results[relay]!, perMessage),
    ];
  });
  return table([TITLES[work], "messages/s", "CPU µs/message", `to ${names[0]}`, `to ${RELAY}`], rows);
}

function ratio(above: readonly Round[], below: readonly Round[], figure: Figure): string {
  const pairs = above.map((round, index) => figure(round) / figure(below[index]!));
  return show(pairs, 2);
}

function show(values: readonly number[], digits: number): string {
  const { median, low, high } = estimate(values);
  return `${median.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}
