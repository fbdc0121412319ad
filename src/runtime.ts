import { Budget } from "./budget.ts";
import type { Deps } from "./deps.ts";
import { RefusalError, refuse } from "./errors/refusal.ts";
import { Gateway } from "./gateway.ts";
import type { Requirements } from "./identity/declare.ts";
import { systemContext } from "./keyed.ts";
import type {
  Blueprint,
  CredentialBlueprint,
  RouteBlueprint,
  UpstreamBlueprint,
} from "./manifest/blueprint.ts";
import { type Revivers, revive } from "./manifest/markers.ts";
import { createRouter } from "./match/router.ts";
import { brokenPlan, createPlan, type Plan } from "./plan.ts";
import type { SharedTools, Tools } from "./policies/policy.ts";
import type { App, AppBindings, ServiceReference, SigningKey } from "./upstream/declare.ts";
import { createUpstream, type OriginFetch } from "./upstream/forward.ts";
import { appOrigin, certificateFetch, serviceOrigin, urlOrigin } from "./upstream/origins.ts";
import { presentedOrigin } from "./upstream/presented-origin.ts";
import type { PresenterTools } from "./upstream/presenter.ts";
import type { Upstream } from "./upstream/upstream.ts";

/** What the Worker's environment gives a gateway. */
export interface Surroundings {
  readonly deps: Deps;
  /** Variables, secrets and service bindings. Only what the manifest names is read. */
  readonly env: Readonly<Record<string, unknown>>;
  readonly app: AppBindings;
  /** Signs who calls, for upstreams that are told in a token. */
  readonly identityKey: Pick<SigningKey, "sign">;
  /** Sees what an upstream sends to its origin, or stands in for that. For whoever explains a request. */
  readonly watch?: (upstream: string, origin: OriginFetch) => OriginFetch;
}

/** Makes the running gateway of a blueprint. Routes, upstreams and credentials are made when first met. */
export function createGateway(
  blueprint: Blueprint,
  { deps, env, app, identityKey, watch }: Surroundings,
): Gateway {
  const { modules } = blueprint;
  const upstreams = new Map<string, Upstream>();
  const credentials = new Map<number, readonly [module: Module<"credentials">, options: unknown]>();
  const plans: Plan[] = [];
  let unmatched: Plan | undefined;

  const revivers: Revivers = {
    upstream,
    // Requirements differ from route to route; the options object is one, and with it the keys and verified tokens.
    credential: (index, requirements) => {
      const [module, options] = remember(credentials, index, () => {
        const { type, options } = revive(blueprint.credentials[index]!, revivers) as CredentialBlueprint;
        return [modules.credentials[type]!, options] as const;
      });
      return module.create(options as never, requirements as Requirements, tools);
    },
    value: (index) => blueprint.values[index],
    env: (name) => {
      const value = env[name];
      if (typeof value === "string") return value;
      throw new RefusalError(refuse("configuration-missing", { cause: `"${name}" is not set` }));
    },
  };

  function upstream(name: string): Upstream {
    return remember(upstreams, name, () => {
      const json = blueprint.upstreams[name];
      if (json === undefined) {
        const cause = `the upstream "${name}" is neither exported nor named by a route`;
        throw new RefusalError(refuse("configuration-missing", { cause }));
      }
      const { timeout, shed, signals, concurrency, ...declared } = revive(
        json,
        revivers,
      ) as UpstreamBlueprint;
      const reached = present(declared, reach(declared));
      const gauge = signals && deps.signals.gauge(name, signals);
      const shedding = shed && modules.shed!.create(name, shed, { ...deps, gauge });
      return createUpstream(name, watch?.(name, reached) ?? reached, timeout, deps, {
        shed: shedding,
        gauge,
        limit: concurrency && modules.concurrency!.create(name, concurrency, deps),
      });
    });
  }

  /** Nearer to the origin than whoever watches: nobody is to see what is put on. */
  function present({ name, presents }: UpstreamBlueprint, reached: OriginFetch): OriginFetch {
    if (presents === undefined) return reached;
    const presenters = presents.map(([kind, options]) =>
      modules.presenters![kind]!.create(options as never, presenterTools),
    );
    return presentedOrigin(name, reached, presenters);
  }

  function reach({ name, origin, certificate }: UpstreamBlueprint): OriginFetch {
    if (typeof origin === "string") {
      return urlOrigin(origin, certificate === undefined ? deps : certificateFetch(certificate, env));
    }
    const object = origin as App | ServiceReference;
    return "service" in object ? serviceOrigin(object, env) : appOrigin(name, object, app);
  }

  const tools: SharedTools = {
    deps,
    upstream,
    dispatch: (request, parent) => gateway.dispatch(request, parent),
  };
  const presenterTools: PresenterTools = {
    deps,
    identityKey,
    ownContext: (ctx, ms) => systemContext(ctx, new Budget(deps.now() + ms)),
  };
  const workshop = {
    policy: (number: number, tools: Tools) => {
      const [name, options] = revive(blueprint.policies[number]!, revivers) as [name: string, options: never];
      return modules.policies[name]!.create(options, tools);
    },
    action: (name: string, options: unknown, tools: Tools) =>
      modules.actions[name]!.create(options as never, tools),
  };
  const plan = (json: string) => createPlan(revive(json, revivers) as RouteBlueprint, workshop, tools);
  const unmatchedPlan = () => (unmatched ??= plan(blueprint.unmatched));
  const routePlan = (json: string) => {
    try {
      return plan(json);
    } catch (error) {
      return brokenPlan(JSON.parse(json) as RouteBlueprint, error, unmatchedPlan());
    }
  };

  const gateway: Gateway = new Gateway({
    deps,
    router: createRouter(blueprint.trie),
    when: blueprint.when,
    plan: (route) => (plans[route] ??= routePlan(blueprint.routes[route]!)),
    unmatched: unmatchedPlan,
    upstream,
  });
  return gateway;
}

type Module<Kind extends "credentials"> = Blueprint["modules"][Kind][string];

function remember<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
