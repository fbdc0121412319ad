import type { CompiledCompose } from "../../src/actions/compose/compiled.ts";
import { actions } from "../../src/actions/registry.ts";
import type { CompiledAuthorize } from "../../src/authorization/schema.ts";
import type { KeyedContext, RequestContext } from "../../src/context.ts";
import { STEP_HEADER } from "../../src/explain/traced-modules.ts";
import type { FunctionContext } from "../../src/functions/context.ts";
import type { CompiledJwt } from "../../src/identity/credentials/jwt-options.ts";
import { credentials } from "../../src/identity/credentials/registry.ts";
import type { Modules } from "../../src/manifest/blueprint.ts";
import type { Resolved, Tools } from "../../src/policies/policy.ts";
import { policies } from "../../src/policies/registry.ts";
import type { Presenter } from "../../src/upstream/presenter.ts";
import { presenterNames } from "../../src/upstream/presenters/registry.ts";
import type { Upstream } from "../../src/upstream/upstream.ts";
import type { Pretended } from "./arguments.ts";
import { offlineJwt, pretendedCredential, unaskedCredential, withoutRegistry } from "./offline-credential.ts";
import type { Placeholders } from "./placeholders.ts";

/** What the modules of an offline gateway are made with. */
interface Offline {
  readonly as: Pretended | undefined;
  readonly placeholders: Placeholders;
  /** Is told what the steps of a route answer. */
  readonly expect: (route: string, answers: ReturnType<Placeholders["answersOf"]>) => void;
  /** Whether a variable's value only stands for one that is not set. */
  readonly isUnset: (value: string) => boolean;
}

type Policies = Modules["policies"];
type Actions = Modules["actions"];
type Credentials = Modules["credentials"];

/** Every policy, action and credential as it is; but the manifest's own functions are not run. */
export function offlineModules(offline: Offline): Modules {
  return {
    policies: { ...(policies as unknown as Policies), authorize, middleware, hooks },
    actions: { ...(actions as unknown as Actions), handler, compose: composeOf(offline) },
    credentials: credentialsOf(offline),
    // Nothing else is under way.
    concurrency: { create: () => (request, ctx, next) => next(request, ctx) },
    shed: { create: () => ({ enter: () => ({ until: 0 }), leave: () => {} }) },
    presenters: Object.fromEntries(presenterNames.map((name) => [name, { create: () => NOTHING }])),
  };
}

/** What upstreams put on last is told by its names, and no origin is asked. */
const NOTHING: Presenter = { fields: [], answersFor401: false, ready: () => () => {} };

/** Stands for any function, and any in-process app, of the manifest. */
export const UNRUN = Object.assign(() => undefined, { fetch: () => Promise.reject(new Error("offline")) });

/** Services that decide are taken to allow. */
const authorize: Policies[string] = {
  create({ rules, ...options }: Resolved<CompiledAuthorize>, tools) {
    const unasked = rules.map(({ ask, ...rule }) => {
      if (ask === undefined) return rule;
      const result = { allow: true, reason: `or so it is taken to: ${ask.upstream.name} is not asked here` };
      const upstream = { ...ask.upstream, send: async () => Response.json({ result }) };
      return { ...rule, ask: { ...ask, upstream } };
    });
    return policies.authorize.create({ rules: unasked, ...options }, tools);
  },
};

const middleware: Policies[string] = {
  create: () => ({
    around(ctx, proceed) {
      note(ctx, "middleware are functions: not run here");
      return proceed(ctx.request);
    },
  }),
};

const hooks: Policies[string] = {
  create(options: Readonly<Record<string, object | undefined>>, tools) {
    const unrun = Object.entries(options).map(([name, hook]) => {
      const run = (...args: readonly unknown[]) =>
        (args.at(-1) as FunctionContext).note(`hooks.${name} is a function: not run here`);
      return [name, hook && { ...hook, run }];
    });
    return policies.hooks.create(Object.fromEntries(unrun), tools);
  },
};

const handler: Actions[string] = {
  create: () => (ctx) => {
    note(ctx, "handler is a function: not run here, and what it would call is not known");
    return Response.json({});
  },
};

function composeOf({ placeholders, expect }: Offline): Actions[string] {
  return {
    create(options: CompiledCompose<Upstream>, tools) {
      const answers = placeholders.answersOf(options.steps);
      expect(tools.route.id, answers);
      // Steps name values as they are after shaping, so that is what the placeholders are.
      const steps = options.steps.map((step) => ({ ...step, shape: {} }));
      const dispatch: Tools["dispatch"] = async (request, parent) => {
        const step = request.headers.get(STEP_HEADER) ?? "";
        const response = await tools.dispatch(request, parent);
        return response.ok ? Response.json(answers.get(step) ?? {}) : response;
      };
      const { merge, ...settings } = options;
      const action = actions.compose.create({ ...settings, steps }, { ...tools, dispatch });
      if (merge === undefined) return action;
      return (ctx) => {
        note(ctx, "merge is a function: not run here");
        return action(ctx);
      };
    },
  };
}

function credentialsOf({ as, isUnset }: Offline): Credentials {
  const registered = credentials as unknown as Credentials;
  const entries = Object.entries(registered).map(([type, { create }]): [string, Credentials[string]] => [
    type,
    {
      create(declared, requirements, tools) {
        const options = withoutRegistry(declared);
        if (as === undefined && type === "jwt") {
          return offlineJwt(options as Resolved<CompiledJwt>, requirements, tools, isUnset);
        }
        const real = create(options, requirements, tools);
        if (as === undefined) return type === "externalAuth" ? unaskedCredential(real) : real;
        return pretendedCredential(type, real, options, requirements, as);
      },
    },
  ]);
  return Object.fromEntries(entries);
}

function note({ record }: RequestContext | KeyedContext, text: string): void {
  record.notes ??= [];
  record.notes.push(text);
}
