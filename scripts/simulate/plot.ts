import { play } from "./first-refusal.ts";

const RATIOS = [1, 3, 10, 30, 100, 300, 1_000];
const [WIDTH, HEIGHT, MARGIN] = [640, 360, 56];

/** An SVG of what leases cost: messages an admitted request against requests an isolate, both in powers of ten. */
export function plot(seed: number): string {
  const lines = [0.5, 1.5, 5].map((demand, index) => {
    const points = RATIOS.map((ratio) => {
      const { messages, admitted } = play({ isolates: 100, ratio, demand, seed });
      return [ratio, messages / admitted] as const;
    });
    return line(points, ["#1b6ca8", "#c0582b", "#3a7d44"][index]!, `demand ${demand} × the limit`, index);
  });
  const grid = [1, 0.1, 0.01].map(
    (value) =>
      `<path d="M${MARGIN} ${y(value)}H${WIDTH - 16}" stroke="#ddd"/><text x="${MARGIN - 6}" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
  );
  const marks = RATIOS.map(
    (ratio) => `<text x="${x(ratio)}" y="${HEIGHT - 34}" text-anchor="middle">${ratio}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>Messages per admitted request, by limit per isolate</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...grid,
    ...marks,
    `<text x="${WIDTH / 2}" y="${HEIGHT - 12}" text-anchor="middle">limit / isolates</text>`,
    `<text x="12" y="20">messages an admitted request, leased (exact: 1)</text>`,
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}

function line(
  points: ReadonlyArray<readonly [number, number]>,
  colour: string,
  name: string,
  row: number,
): string {
  const path = points.map(([ratio, value], index) => `${index === 0 ? "M" : "L"}${x(ratio)} ${y(value)}`);
  const legend = `<text x="${WIDTH - 190}" y="${48 + 16 * row}" fill="${colour}">${name}</text>`;
  return `<path d="${path.join("")}" fill="none" stroke="${colour}" stroke-width="2"/>${legend}`;
}

function x(ratio: number): number {
  return Math.round(MARGIN + (Math.log10(ratio) / 3) * (WIDTH - MARGIN - 32));
}

function y(value: number): number {
  return Math.round(32 + (-Math.log10(value) / 2.5) * (HEIGHT - 96));
}
