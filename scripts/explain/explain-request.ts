import { presentedTexts, replaceTexts } from "../../src/explain/redact.ts";
import { readWranglerConfig } from "../../src/manifest/compiler/check-environment.ts";
import type { CheckedRoute } from "../../src/manifest/compiler/check-routes.ts";
import { costs } from "../../src/manifest/compiler/check-subrequests.ts";
import type { Build } from "../../src/manifest/compiler/index.ts";
import type { Command } from "./arguments.ts";
import { explainedEnvironment } from "./environment.ts";
import { worstLatency } from "./latency.ts";
import { traceLive } from "./live.ts";
import { explainMatching } from "./match.ts";
import { type Circumstances, traceOffline } from "./offline.ts";
import { type Explanation, explanationJson, explanationText } from "./report.ts";

/** What is explained from. */
interface Manifest extends Pick<Build, "checked" | "compiled"> {
  /** Its file. */
  readonly manifest: string;
}

/** The machine on which it is explained. */
interface Surroundings extends Circumstances {
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Explains one request. @throws UnsendableError, LiveError */
export async function explainRequest(
  command: Command,
  { checked, compiled, manifest }: Manifest,
  { environment, ...circumstances }: Surroundings,
): Promise<string> {
  const { asked, as, live } = command;
  const { services } = readWranglerConfig(manifest);
  const variables = explainedEnvironment(compiled.variables, services, environment);
  const traced =
    live === undefined
      ? await traceOffline(compiled, asked, as, variables, circumstances)
      : await traceLive(live, asked);
  const matching = explainMatching(checked, asked);
  const { met } = matching;
  const explanation: Explanation = {
    command,
    checked,
    upstreams: compiled.upstreams,
    matching,
    traced,
    cost: met && {
      ...costs(checked.routes, checked.options.paths)(met),
      ...worstLatency(met, checked),
      runsFunctions: runsFunctions(met),
    },
    unset: live === undefined ? variables.unset : [],
    hash: compiled.hash,
  };
  // The output may be pasted somewhere: what the request presents is in none of it.
  const presented = presentedTexts(asked.url, asked.headers);
  return command.json
    ? JSON.stringify(replaceTexts(explanationJson(explanation), presented), null, 2)
    : replaceTexts(explanationText(explanation), presented);
}

function runsFunctions({ action, policies }: CheckedRoute): boolean {
  return action.name === "handler" || policies.some(({ name }) => name === "hooks" || name === "middleware");
}
