import type { Action } from "../actions/action.ts";
import type { Lists } from "../blocking/block-lists.ts";
import type { BlockList } from "../blocking/snapshot.ts";
import type { Deps } from "../deps.ts";
import type { Modules } from "../manifest/blueprint.ts";
import type { Dispatch, SharedTools, Tools } from "../policies/policy.ts";
import type { BlockEntry } from "../stores/blocks/block-store.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { noCounts, noteCounts } from "./noted-counts.ts";
import { type LookedUp, tracePolicy } from "./traced-policy.ts";
import type { Tracer } from "./tracer.ts";

/** Tells the traced `dispatch` which step it is called by; it goes no further. */
export const STEP_HEADER = "x-isogate-explained-step";

/** The modules, making policies and actions that write down what they do. */
export function traceModules({ policies, actions, ...others }: Modules, tracer: Tracer): Modules {
  return {
    policies: each(policies, (name, { create }) => ({
      create(options, tools) {
        const looked: LookedUp = { key: undefined, lists: [], counts: noCounts() };
        const deps = noteCounts(noteLists(noteKeys(tools.deps, looked), looked), looked.counts);
        const own = { ...traceTools(tools, tracer), deps };
        return tracePolicy(name, create(options, own), tracer, looked);
      },
    })),
    actions: each(actions, (name, { create }) => ({
      create(options, tools) {
        const own = traceTools(tools, tracer);
        return traceAction(name, create(traceUpstreams(options, tracer), own), tracer);
      },
    })),
    ...others,
  };
}

function each<M>(modules: Readonly<Record<string, M>>, wrap: (name: string, module: M) => M) {
  return Object.fromEntries(Object.entries(modules).map(([name, module]) => [name, wrap(name, module)]));
}

function traceAction(name: string, action: Action, tracer: Tracer): Action {
  return (ctx) =>
    tracer.run(
      { phase: "action", name },
      ctx,
      () => action(ctx),
      ({ status }) => ({ outcome: "answers", status }),
    );
}

function traceTools(tools: Tools, tracer: Tracer): Tools {
  return {
    ...tools,
    upstream: (name) => traceUpstream(tools.upstream(name), undefined, tracer),
    dispatch: traceDispatch(tools.dispatch, tracer),
  };
}

function traceDispatch(dispatch: SharedTools["dispatch"], tracer: Tracer): Dispatch {
  return async (request, parent) => {
    const name = request.headers.get(STEP_HEADER) ?? "";
    request.headers.delete(STEP_HEADER);
    const answered = ({ status }: Response) => ({ outcome: "answers", status }) as const;
    return tracer.run({ phase: "dispatch", name }, parent, () => dispatch(request, parent), answered);
  };
}

/** Says of each call whose it is, so that what leaves in the end can be told apart. */
function traceUpstream(upstream: Upstream, step: string | undefined, tracer: Tracer): Upstream {
  return {
    ...upstream,
    send(request, ctx) {
      // What the upstream would make itself, were there none.
      const controller = request.controller ?? new AbortController();
      const { depth, plan } = ctx;
      tracer.expect(controller.signal, { route: plan.facts.id, depth, ...(step !== undefined && { step }) });
      return upstream.send({ ...request, controller }, ctx);
    },
  };
}

/** What of an action's options is looked at: an upstream of its own, or those of its steps. */
interface Calling {
  readonly upstream?: Upstream;
  readonly steps?: ReadonlyArray<{
    readonly name: string;
    readonly upstream?: Upstream;
    readonly headers: readonly unknown[];
  }>;
}

function traceUpstreams(options: never, tracer: Tracer): never {
  if (typeof options !== "object" || options === null) return options;
  const { upstream, steps } = options as Calling;
  return {
    ...(options as object),
    ...(upstream && { upstream: traceUpstream(upstream, undefined, tracer) }),
    ...(steps && {
      steps: steps.map((step) =>
        step.upstream === undefined
          ? { ...step, headers: [...step.headers, [STEP_HEADER, { template: [step.name] }]] }
          : { ...step, upstream: traceUpstream(step.upstream, step.name, tracer) },
      ),
    }),
  } as never;
}

/** Remembers what is looked for in the cache. */
function noteKeys(deps: Deps, looked: LookedUp): Deps {
  const { responses } = deps;
  return {
    ...deps,
    responses: {
      get(key) {
        looked.key ??= key;
        return responses.get(key);
      },
      put: (...args) => responses.put(...args),
      delete: (key) => responses.delete(key),
    },
  };
}

/** Remembers which lists a caller is looked for in, and by what they are on them. */
function noteLists(deps: Deps, looked: LookedUp): Deps {
  const { blocks } = deps;
  return {
    ...deps,
    blocks: {
      current(execution) {
        const lists = blocks.current(execution);
        return lists instanceof Promise
          ? lists.then((read) => notedLists(read, looked))
          : notedLists(lists, looked);
      },
      get lastKnown() {
        return notedLists(blocks.lastKnown, looked);
      },
      put: (entry) => blocks.put(entry),
    },
  };
}

function notedLists(lists: Lists, looked: LookedUp): Lists {
  const note = (list: string, entry: BlockEntry | undefined) => {
    const text = entry && `${entry.kind} ${entry.value}: ${entry.reason}`;
    looked.lists.push({ list, ...(text !== undefined && { entry: text }) });
    return entry;
  };
  const get = (name: string): Pick<BlockList, "namesCallers" | "whence" | "who"> => {
    const list = lists.get(name);
    return {
      namesCallers: list?.namesCallers ?? false,
      whence: (whence, now) => note(name, list?.whence(whence, now)),
      who: (who, now) => note(name, list?.who(who, now)),
    };
  };
  // Nothing else of a map is asked of it.
  return { get } as unknown as Lists;
}
