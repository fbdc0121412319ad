import type * as z from "zod";
import { parseTemplate } from "../../references/parse.ts";
import type { Json } from "../../schema/json.ts";
import type { BodyTemplate } from "./compiled.ts";

/** Turns a body as declared into its template: a zod transform, so that a bad reference is reported in its place. */
export function bodyTemplate(body: Json, ctx: z.RefinementCtx): BodyTemplate {
  return parse(body, [], ctx);
}

function parse(body: Json, path: readonly string[], ctx: z.RefinementCtx): BodyTemplate {
  if (typeof body === "string") return parseText(body, path, ctx);
  if (typeof body !== "object" || body === null) return { json: body };
  const keys = Object.keys(body);
  const nodes = Object.entries<Json>(body).map(([key, node]) => parse(node, [...path, key], ctx));
  const constant = constantsOf(nodes);
  if (Array.isArray(body)) return constant === undefined ? { items: nodes } : { json: constant };
  const members = <T>(values: readonly T[]) => keys.map((key, index) => [key, values[index]!] as const);
  return constant === undefined
    ? { members: members(nodes) }
    : { json: Object.fromEntries(members(constant)) };
}

function parseText(text: string, path: readonly string[], ctx: z.RefinementCtx): BodyTemplate {
  const parsed = parseTemplate(text);
  if ("error" in parsed) {
    ctx.addIssue({ code: "custom", path: [...path], message: parsed.error });
    return { json: text };
  }
  const { template } = parsed;
  return template.every((part) => typeof part === "string") ? { json: template.join("") } : parsed;
}

/** The values of nodes that hold no references; undefined where one does. */
function constantsOf(nodes: readonly BodyTemplate[]): readonly Json[] | undefined {
  const constants = nodes.flatMap((node) => ("json" in node ? [node.json] : []));
  return constants.length === nodes.length ? constants : undefined;
}
