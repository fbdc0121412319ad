import type { Compared } from "./scenarios.ts";

/** What is drawn of an account, and in which unit. */
const PANELS: ReadonlyArray<readonly [title: string, read: (account: Compared["account"]) => number]> = [
  ["let through beyond the limit, worst key", ({ overshoot }) => overshoot],
  ["refused below the limit, %", ({ underAdmission }) => 100 * underAdmission],
  ["messages a request", ({ messages, requests }) => messages / requests],
  ["mean wait, ms", ({ meanWait }) => meanWait],
];
const COLOURS: Readonly<Record<Compared["mode"], string>> = {
  leased: "#1b6ca8",
  exact: "#c0582b",
  naive: "#8a8a8a",
};
const [WIDTH, PANEL, BAR, LABELS] = [640, 170, 11, 190];

/** An SVG of limiters side by side: a panel for each measure, a bar for each limiter. */
export function bars(compared: readonly Compared[]): string {
  const panels = PANELS.map(([title, read], index) =>
    panel(title, compared, read, 28 + Math.floor(index / 2) * PANEL, (index % 2) * (WIDTH / 2)),
  );
  const height = 28 + PANEL * Math.ceil(PANELS.length / 2);
  const legend = Object.entries(COLOURS).map(
    ([mode, colour], index) => `<text x="${16 + 70 * index}" y="18" fill="${colour}">${mode}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    "<title>Leased, exact and naive limiters side by side</title>",
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...legend,
    ...panels.flat(),
    "</svg>",
    "",
  ].join("\n");
}

function panel(
  title: string,
  compared: readonly Compared[],
  read: (account: Compared["account"]) => number,
  top: number,
  left: number,
): string[] {
  const most = Math.max(...compared.map(({ account }) => read(account)));
  const room = WIDTH / 2 - LABELS;
  return [
    `<text x="${left + 16}" y="${top + 16}" font-weight="bold">${title}</text>`,
    ...compared.flatMap(({ algorithm, mode, account }, index) => {
      const value = read(account);
      const y = top + 26 + index * (BAR + 3);
      const length = most === 0 ? 0 : Math.round((value / most) * room);
      return [
        `<text x="${left + 16}" y="${y + 9}">${mode === "leased" ? algorithm : ""}</text>`,
        `<rect x="${left + 112}" y="${y}" width="${length}" height="${BAR}" fill="${COLOURS[mode]}"/>`,
        `<text x="${left + 116 + length}" y="${y + 9}">${Number(value.toPrecision(3)).toLocaleString("en")}</text>`,
      ];
    }),
  ];
}
