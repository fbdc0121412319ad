/** One mistake in a manifest: where, why, and what to write instead. */
export interface Finding {
  /** The source file, relative to the manifest's folder. */
  readonly file: string;
  /** Key path within what the file declares, such as `GET /orders → rateLimit.window`. */
  readonly path: string;
  readonly reason: string;
  readonly suggestion?: string;
}

/** Collects findings with the file and key path that they stand at. */
export class Findings {
  readonly all: Finding[];
  readonly #file: string;
  readonly #path: readonly string[];

  constructor(all: Finding[], file: string, path: readonly string[] = []) {
    this.all = all;
    this.#file = file;
    this.#path = path;
  }

  get file(): string {
    return this.#file;
  }

  /** The same place, some keys further down. */
  at(...keys: ReadonlyArray<string | number>): Findings {
    return new Findings(this.all, this.#file, [...this.#path, ...keys.map(String)]);
  }

  /** The same place in another list. */
  into(all: Finding[]): Findings {
    return new Findings(all, this.#file, this.#path);
  }

  add(reason: string, suggestion?: string): void {
    const [head = "", ...rest] = this.#path;
    const path = rest.length === 0 ? head : `${head} → ${rest.join(".")}`;
    this.all.push({ file: this.#file, path, reason, ...(suggestion !== undefined && { suggestion }) });
  }
}

/** All findings as text, for a terminal or a failed build's answer. */
export function formatFindings(findings: readonly Finding[]): string {
  const lines = findings.map(({ file, path, reason, suggestion }, index) => {
    const hint = suggestion === undefined ? "" : `\n     ${suggestion}`;
    return `${String(index + 1).padStart(3)}. ${file}${path === "" ? "" : `  ${path}`}\n     ${reason}${hint}`;
  });
  const count = findings.length === 1 ? "1 mistake" : `${findings.length} mistakes`;
  return `${lines.join("\n")}\n\n${count} in the manifest.`;
}
