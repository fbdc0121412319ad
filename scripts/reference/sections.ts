import { join } from "node:path";
import type * as z from "zod";
import { actions } from "../../src/actions/registry.ts";
import { credentials } from "../../src/identity/credentials/registry.ts";
import { actionFile, credentialFile, policyFile } from "../../src/manifest/compiler/files.ts";
import { ROOT } from "../../src/manifest/compiler/index.ts";
import { gatewaySchema, routeSettings, ruleSchema } from "../../src/manifest/compiler/settings.ts";
import { type Phase, POLICY_PHASES } from "../../src/phases.ts";
import { policies } from "../../src/policies/registry.ts";
import { inputSchema, type JsonSchema, memberSchemas, valueSchema } from "./json-schema.ts";
import { type Shape, ShapeReader } from "./shape.ts";
import { type Documented, type Source, withSource } from "./source.ts";

/** One key of a manifest, described. */
export interface Section {
  readonly key: string;
  /** Markdown. */
  readonly doc: string;
  /** What its value is; its options are the rows of the section's table. */
  readonly shape: Shape;
  /** Markdown; undefined where there is none. */
  readonly fallback?: string | undefined;
  /** What is written in a constructor's call, and so has tables of its own. */
  readonly parts: readonly Part[];
  /** Of a policy. */
  readonly phase?: Phase;
  /** Of a policy: a route may have several. */
  readonly repeatable?: boolean;
  /** Of a policy: the methods whose routes take it from their group. Absent where all do. */
  readonly methods?: readonly string[];
}

/** A table beside a section's own. */
export interface Part {
  readonly name: "requirements" | "trial" | "step" | "composition";
  readonly title: string;
  readonly doc: string;
  readonly shape: Shape;
}

/** Everything that the reference describes. */
export interface Sections {
  readonly gateway: Section;
  readonly require: Section;
  readonly group: Section;
  readonly settings: readonly Section[];
  readonly actions: readonly Section[];
  /** In phase order. */
  readonly policies: readonly Section[];
  readonly credentials: readonly Section[];
  readonly upstream: Section;
  /** What a manifest imports from "isogate". */
  readonly imports: readonly Documented[];
  /** What functions get, and who calls. */
  readonly context: Section;
  readonly identity: Section;
  /** What the sources lack: nothing, if the reference is to be whole. */
  readonly problems: readonly string[];
}

const src = (file: string) => join(ROOT, "src", file);
const DEFINE = src("manifest/define.ts");

/** Where options are described that are no exported `<Name>Options` of their module. */
const ELSEWHERE: Readonly<Record<string, readonly [file: string, name: string]>> = {
  access: [src("identity/declare.ts"), "Access"],
  compose: [src("actions/compose/declare.ts"), "compose"],
  handler: [src("actions/handler/handler.ts"), "HandlerFunction"],
};

/** Reads the sections out of the registries, their schemas and the TSDoc of the sources. */
export function readSections(): Sections {
  return withSource((source) => new SectionReader(source).read());
}

type Module = { options(): z.ZodType };

class SectionReader {
  readonly #problems: string[] = [];
  readonly #source: Source;
  readonly #shapes: ShapeReader;

  constructor(source: Source) {
    this.#source = source;
    this.#shapes = new ShapeReader(source, this.#problems);
  }

  read(): Sections {
    return {
      gateway: this.#exported("gateway", DEFINE, "GatewayOptions", inputSchema(gatewaySchema())),
      require: this.#exported("require", DEFINE, "RequireRule", inputSchema(ruleSchema())),
      group: this.#group(),
      settings: this.#settings(),
      actions: Object.entries(actions).map(([key, module]) => this.#module(key, actionFile(key), module)),
      policies: this.#policies(),
      credentials: Object.entries(credentials).map(([key, module]) =>
        this.#module(key, credentialFile(key), module),
      ),
      upstream: this.#exported("upstream", src("upstream/declare.ts"), "UpstreamOptions"),
      imports: this.#imports(),
      context: this.#exported("context", src("actions/handler/handler.ts"), "HandlerContext"),
      identity: this.#exported("identity", src("identity/identity.ts"), "Identity"),
      problems: this.#problems,
    };
  }

  #policies(): Section[] {
    const sections = Object.entries(policies).map(([key, module]): Section & { readonly phase: Phase } => {
      const { file, phase } = policyFile(key);
      const methods = "methods" in module ? { methods: module.methods as readonly string[] } : {};
      return { ...this.#module(key, file, module), phase, repeatable: "repeatable" in module, ...methods };
    });
    const order = (phase: Phase) => POLICY_PHASES.indexOf(phase);
    return sections.toSorted((a, b) => order(a.phase) - order(b.phase));
  }

  #module(key: string, file: string, module: Module): Section {
    const schema = inputSchema(module.options());
    const parts = this.#parts(key, schema);
    const elsewhere = ELSEWHERE[key];
    if (elsewhere !== undefined) return { ...this.#exported(key, ...elsewhere), parts };
    return { ...this.#exported(key, file, `${key[0]?.toUpperCase()}${key.slice(1)}Options`, schema), parts };
  }

  #parts(key: string, schema: JsonSchema): Part[] {
    const declare = src("identity/declare.ts");
    switch (key) {
      case "access":
        return [
          this.#part("requirements", "What a credential may be asked for", declare, "Requirements"),
          this.#part("trial", "A new rule on trial", declare, "AccessTrial"),
        ];
      case "compose": {
        const { steps, options } = memberSchemas(schema) ?? {};
        const [file] = ELSEWHERE.compose!;
        return [
          this.#part("step", "A step", file, "StepOptions", valueSchema(steps)),
          this.#part("composition", "Options", file, "ComposeOptions", options),
        ];
      }
      default:
        return [];
    }
  }

  #part(name: Part["name"], title: string, file: string, type: string, schema?: JsonSchema): Part {
    const { doc, shape } = this.#exported(name, file, type, schema);
    return { name, title, doc, shape };
  }

  /** A group's own keys: what it gives to its routes is described with them. */
  #group(): Section {
    const { type, doc } = this.#find(DEFINE, "Group");
    const prefix = this.#shapes.option(type, "prefix", undefined, "group");
    return { key: "group", doc, shape: { text: "object", options: [prefix], isMap: false }, parts: [] };
  }

  /** What a route says beside policies and its action. */
  #settings(): Section[] {
    const { type } = this.#find(DEFINE, "Route");
    const keys = this.#source.checker.getPropertiesOfType(type).map(({ name }) => name);
    const others = [...Object.keys(policies), ...Object.keys(actions)];
    const known = Object.keys(routeSettings);
    for (const key of keys.filter((key) => !others.includes(key) && !known.includes(key))) {
      this.#problems.push(`a route's type knows "${key}", which is no setting, policy or action`);
    }
    return Object.entries<() => z.ZodType>(routeSettings).map(([key, schema]) => {
      const { text, fallback, shape } = this.#shapes.option(type, key, inputSchema(schema()), "");
      return { key, doc: text, fallback, shape, parts: [] };
    });
  }

  #imports(): Documented[] {
    const imports = this.#source.exports(src("manifest/index.ts"));
    for (const { name, doc } of imports) if (doc === "") this.#problems.push(`${name} has no TSDoc`);
    return imports;
  }

  #exported(key: string, file: string, name: string, schema?: JsonSchema): Section {
    const { type, doc } = this.#find(file, name);
    if (doc === "") this.#problems.push(`${name} has no TSDoc`);
    return { key, doc, shape: this.#shapes.read(type, schema, key), parts: [] };
  }

  #find(file: string, name: string) {
    const found = this.#source.exported(file, name);
    if (found === undefined) throw new Error(`${file} exports no ${name}: where is it described?`);
    return found;
  }
}
