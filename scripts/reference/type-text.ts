import { SignatureKind, type Type, TypeFlags, type TypeReference } from "typescript/unstable/sync";
import { isJson, itemSchema, type JsonSchema, measuredSchema, valueSchema } from "./json-schema.ts";
import type { Source } from "./source.ts";

/** Types that are shown by a name, by the name of their declaration: what they are made of is told elsewhere. */
const NAMED: Readonly<Record<string, string>> = {
  Access: "[access rule](#access)",
  AccessRule: "[access rule](#access)",
  App: "app",
  CredentialDeclaration: "[credential](#credentials)",
  DeclaredMeter: "[meter](#meter)",
  DeclaredQuota: "[quota](#quota)",
  EnforcedAccess: "[access rule](#access)",
  EnvReference: "[`env(…)` or `secret(…)`](#environment)",
  Identity: "[identity](#functions)",
  Inherited: "[settings](#settings) and [policies](#policies)",
  Json: "JSON",
  Origin: "URL, [`env(…)`](#environment), `service(…)` or app",
  RequireRule: "[rule](#require)",
  RouteGroup: "[`defineRoutes(…)`](#groups)",
  UpstreamDeclaration: "[upstream](#upstreams)",
  $ZodType: "zod schema",
};

/** The name that a type is shown by instead of being looked into. */
export function nameOf(type: Type): string | undefined {
  return NAMED[type.getAliasSymbol()?.name ?? ""] ?? NAMED[type.getSymbol()?.name ?? ""];
}

/** The alternatives of a type, without `undefined`. */
export function alternatives(type: Type): readonly Type[] {
  const types = type.isUnionType() ? (type.getTypes() ?? []) : [type];
  return types.filter(({ flags }) => !(flags & TypeFlags.Undefined));
}

/** Whether a type is what a manifest's author writes as code. */
export function isFunction(type: Type, { checker }: Source): boolean {
  return checker.getSignaturesOfType(type, SignatureKind.Call).length > 0;
}

/** What an option of one of these types takes, in words; Markdown. */
export function typeText(types: readonly Type[], schema: JsonSchema | undefined, source: Source): string {
  const whole = isJson(schema) ? "JSON" : unitText(schema);
  if (whole !== undefined) return whole;
  // In the order in which the schema's author wrote them: the checker has one of its own.
  if (schema?.enum !== undefined) return joined(schema.enum.map(literal));
  return joined(
    types.flatMap(
      (type) => nameOf(type) ?? alternatives(type).map((each) => alternativeText(each, schema, source)),
    ),
  );
}

function alternativeText(type: Type, schema: JsonSchema | undefined, source: Source): string {
  const { checker } = source;
  const named = nameOf(type);
  if (named !== undefined) return named;
  const constraint = type.isTypeParameter() ? checker.getBaseConstraintOfType(type) : undefined;
  if (constraint !== undefined) return typeText([constraint], schema, source);
  if (type.isStringLiteralType() || type.isNumberLiteralType()) return literal(type.value);
  if (type.isBooleanLiteralType()) return literal(checker.typeToString(type) === "true");
  if (type.isTemplateLiteralType()) return `\`"${type.texts.join("…")}"\``;
  if (type.flags & TypeFlags.String) return unitText(measuredSchema(schema)) ?? "string";
  if (type.flags & TypeFlags.Number) return numberText(schema);
  if (type.flags & TypeFlags.Null) return "`null`";
  if (checker.isArrayType(type)) {
    const [element] = checker.getTypeArguments(type as TypeReference);
    return listText(typeText([element!], itemSchema(schema), source));
  }
  if (isFunction(type, source)) return functionText(type, source);
  const [index] = checker.getIndexInfosOfType(type);
  if (index !== undefined && !(index.valueType.flags & TypeFlags.Unknown)) {
    return `map of name to ${typeText([index.valueType], valueSchema(schema), source)}`;
  }
  if (isForeign(type)) return `\`${checker.typeToString(type)}\``;
  return literalObject(type, source) ?? (isObject(type) ? "object" : checker.typeToString(type));
}

/** Whether a type is the platform's or a package's: its own documentation describes it. */
export function isForeign(type: Type): boolean {
  const { name, declarations = [] } = type.getSymbol() ?? {};
  return (
    name !== "__type" &&
    declarations.length > 0 &&
    declarations.every(({ path }) => path.includes("/node_modules/"))
  );
}

function functionText(type: Type, { checker }: Source): string {
  const [signature] = checker.getSignaturesOfType(type, SignatureKind.Call);
  const names = signature?.getParameters().map(({ name }) => name) ?? [];
  return names.length === 0 ? "function" : `function \`(${names.join(", ")}) => …\``;
}

/** Whether a type has members. */
export function isObject(type: Type): boolean {
  return type.isObjectType() || type.isIntersectionType();
}

/** An object that can only be written in one way, such as `{ present: true }`. */
export function literalObject(type: Type, { checker }: Source): string | undefined {
  if (!isObject(type)) return undefined;
  const members = checker.getPropertiesOfType(type).map((member) => {
    const value = checker.getTypeOfSymbol(member);
    return value?.isLiteralType() ? `${member.name}: ${checker.typeToString(value)}` : undefined;
  });
  return members.length === 0 || members.includes(undefined) ? undefined : `\`{ ${members.join(", ")} }\``;
}

function listText(element: string): string {
  return `list of ${element.replace(
    /^(string|object|number|integer|function)\b|^\[(template|expression|upstream|rule)\]/,
    (noun) => (noun.endsWith("]") ? `${noun.slice(0, -1)}s]` : `${noun}s`),
  )}`;
}

/** `A, B or C`; where one of them has a comma of its own, `A; B; or C`. */
function joined(texts: readonly string[]): string {
  const distinct = [...new Set(texts)];
  const isBoolean = distinct.includes("`true`") && distinct.includes("`false`");
  const shown = isBoolean
    ? [...distinct.filter((text) => !/^`(?:true|false)`$/.test(text)), "boolean"]
    : distinct;
  const last = shown.at(-1) ?? "";
  if (shown.length === 1) return last;
  const isList = shown.some((text) => text.includes(", "));
  const others = shown.slice(0, -1).join(isList ? "; " : ", ");
  return `${others}${isList ? ";" : ""} or ${last}`;
}

function unitText(schema: JsonSchema | undefined): string | undefined {
  const { unit, min, max } = schema ?? {};
  if (unit === undefined) return undefined;
  if (unit === "template") return "[template](#references)";
  if (unit === "expression") return "[expression](#expressions)";
  const link = `[${unit}](#durations-and-sizes)`;
  if (min === undefined) return max === undefined ? link : `${link}, up to \`"${max}"\``;
  return max === undefined ? `${link}, from \`"${min}"\`` : `${link}, \`"${min}"\` to \`"${max}"\``;
}

function numberText({ type, minimum, maximum }: JsonSchema = {}): string {
  const noun = type === "integer" ? "integer" : "number";
  // JavaScript's own bounds of an integer say nothing.
  const from = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum?.toLocaleString("en");
  const to = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum?.toLocaleString("en");
  if (from === undefined) return to === undefined ? noun : `${noun}, up to ${to}`;
  return to === undefined ? `${noun}, from ${from}` : `${noun}, ${from} to ${to}`;
}

function literal(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}
