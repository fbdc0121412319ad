import type { CompiledCompose } from "../../actions/compose/compiled.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import type { CheckedRoute } from "./check-routes.ts";

/** The upstream of each call that an action makes by itself. What functions call is not known. */
export function calledUpstreams({ name, options }: CheckedRoute["action"]): readonly UpstreamDeclaration[] {
  if (name === "forward") return [(options as { readonly upstream: UpstreamDeclaration }).upstream];
  if (name === "compose") return (options as CompiledCompose).steps.flatMap(({ upstream = [] }) => upstream);
  return [];
}
