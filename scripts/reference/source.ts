import { join } from "node:path";
import {
  API,
  type Checker,
  type Project,
  SymbolFlags,
  type Type,
  type Symbol as TypeSymbol,
} from "typescript/unstable/sync";
import { ROOT } from "../../src/manifest/compiler/index.ts";

/** A type that a source file exports, with what its TSDoc says of it. */
export interface Documented {
  readonly name: string;
  readonly type: Type;
  readonly doc: string;
  /** Whether it is gone when the program runs. */
  readonly isType: boolean;
}

/** The project's sources as the type checker sees them. */
export class Source {
  readonly checker: Checker;
  readonly #project: Project;

  constructor(project: Project) {
    this.#project = project;
    this.checker = project.checker;
  }

  /** Everything that a file exports, in the order of its source. */
  exports(file: string): Documented[] {
    return this.#exports(file).map((found) => this.#documented(found));
  }

  /** @param name in any case. @returns undefined where the file exports no such type */
  exported(file: string, name: string): Documented | undefined {
    const wanted = name.toLowerCase();
    const found = this.#exports(file).find((symbol) => symbol.name.toLowerCase() === wanted);
    return found && this.#documented(found);
  }

  #exports(file: string): readonly TypeSymbol[] {
    const source = this.#project.program.getSourceFile(file);
    const module = source && this.checker.getSymbolAtLocation(source);
    return module === undefined ? [] : this.checker.getExportsOfModule(module);
  }

  #documented(found: TypeSymbol): Documented {
    const symbol = found.flags & SymbolFlags.Alias ? this.checker.getAliasedSymbol(found) : found;
    return {
      name: found.name,
      type: this.checker.getDeclaredTypeOfSymbol(symbol),
      doc: this.docOf(symbol),
      isType: !(symbol.flags & SymbolFlags.Value),
    };
  }

  /** The text of a symbol's TSDoc, tags left out, on one line a paragraph. */
  docOf(symbol: TypeSymbol): string {
    return this.checker
      .getDocumentationCommentOfSymbol(symbol)
      .split(/\n\s*\n/)
      .map((paragraph) => paragraph.replace(/\s*\n(?!\s*-\s)\s*/g, " ").trim())
      .join("\n\n");
  }
}

/** Opens the project's sources for the time of `read`. The compiler is a process of its own and ends with it. */
export function withSource<T>(read: (source: Source) => T): T {
  const api = new API({ cwd: ROOT });
  try {
    const [project] = api.updateSnapshot({ openProjects: [join(ROOT, "tsconfig.json")] }).getProjects();
    if (project === undefined) throw new Error("tsconfig.json opens no project");
    return read(new Source(project));
  } finally {
    api.close();
  }
}
