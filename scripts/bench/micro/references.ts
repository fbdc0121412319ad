import { bench, do_not_optimize, group } from "mitata";
import { parseTemplate } from "../../../src/references/parse.ts";
import { compile } from "../../../src/references/render.ts";
import { RequestScope } from "../../../src/references/scope.ts";
import { compileTarget } from "../../../src/references/target.ts";
import type { Template } from "../../../src/references/template.ts";

const source = {
  id: "0af7651916cd43dd8448eb211c80319c",
  method: "GET",
  path: "/v1/orders/42",
  params: { id: "42", "*": "a/b" },
  query: new URLSearchParams("page=2&q=tea and milk"),
  identity: {
    id: "https://login.example#ada",
    subject: "ada",
    claims: { org: "tea", plan: { name: "gold" } },
  },
};
const scope = new RequestScope(source, new Headers({ "x-tenant": "tea" }));

/** `{references}` rendered where they land. */
export function register(): void {
  group("references", () => {
    const plain = compileTarget(template("/orders"));
    bench("a path without any", () => do_not_optimize(plain(scope)));
    const one = compileTarget(template("/orders/{params.id}"));
    bench("a path with one", () => do_not_optimize(one(scope)));
    const four = compileTarget(
      template("/t/{headers.x-tenant}/{identity.subject}?org={identity.claims.org}&q={query.q}"),
    );
    bench("a path and query with four", () => do_not_optimize(four(scope)));
    const header = compile(template("{identity.claims.plan.name}/{request.id}"), "header");
    bench("a header field with two", () => do_not_optimize(header(scope)));
  });
}

function template(text: string): Template {
  const parsed = parseTemplate(text);
  if ("error" in parsed) throw new Error(parsed.error);
  return parsed;
}
