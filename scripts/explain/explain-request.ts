import type { Asked } from "../../src/explain/asked.ts";
import { credentialNames, joinNames, NO_NAMES } from "../../src/explain/credential-names.ts";
import { type Replacements, redactorOf, replaceTexts } from "../../src/explain/redact.ts";
import { readWranglerConfig } from "../../src/manifest/compiler/check-environment.ts";
import type { CheckedRoute } from "../../src/manifest/compiler/check-routes.ts";
import { costs } from "../../src/manifest/compiler/check-subrequests.ts";
import type { Build } from "../../src/manifest/compiler/index.ts";
import type { Command } from "./arguments.ts";
import { explainedEnvironment } from "./environment.ts";
import { worstLatency } from "./latency.ts";
import { traceLive } from "./live.ts";
import { explainMatching, type Matching } from "./match.ts";
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
  // A running gateway may have other names than the manifest that lies here, and an older one tells none.
  const redactor = redactorOf(joinNames(credentialNames(compiled), traced.credentialNames ?? NO_NAMES));
  // The output may be pasted somewhere: what the request presents is in none of it. It is taken out of each part, because
  // a line that is broken would break a value too; and once more of the whole, whatever that is put together of.
  const presented = redactor.presented(asked.url, asked.headers);
  const shown: Asked = {
    ...asked,
    url: replaceTexts(redactor.url(asked.url), presented),
    headers: replaceTexts(asked.headers.map(redactor.field), presented),
  };
  const matching = shownMatching(explainMatching(checked, asked, redactor), presented);
  const { met } = matching;
  const explanation: Explanation = {
    command: { ...command, asked: shown },
    checked,
    upstreams: compiled.upstreams,
    matching,
    traced: replaceTexts(traced, presented),
    redactor,
    cost: met && {
      ...costs(checked.routes, checked.options.paths)(met),
      ...worstLatency(met, checked),
      runsFunctions: runsFunctions(met),
    },
    unset: live === undefined ? variables.unset : [],
    hash: compiled.hash,
  };
  return command.json
    ? JSON.stringify(replaceTexts(explanationJson(explanation), presented), null, 2)
    : replaceTexts(explanationText(explanation), presented);
}

/** What of it is the request's own; routes are the manifest's. */
function shownMatching({ target, candidates, ...others }: Matching, presented: Replacements): Matching {
  return {
    ...others,
    target: target && replaceTexts(target, presented),
    candidates: candidates.map(({ route, outcome }) => ({
      route,
      outcome: replaceTexts(outcome, presented),
    })),
  };
}

function runsFunctions({ action, policies }: CheckedRoute): boolean {
  return action.name === "handler" || policies.some(({ name }) => name === "hooks" || name === "middleware");
}
