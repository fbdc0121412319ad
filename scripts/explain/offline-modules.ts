import type { CompiledCompose } from "../../src/actions/compose/compiled.ts";
import { actions } from "../../src/actions/registry.ts";
import type { KeyedContext, RequestContext } from "../../src/context.ts";
import { STEP_HEADER } from "../../src/explain/traced-modules.ts";
import type { FunctionContext } from "../../src/functions/context.ts";
import type { CompiledJwt } from "../../src/identity/credentials/jwt-options.ts";
import { credentials } from "../../src/identity/credentials/registry.ts";
import type { Modules } from "../../src/manifest/blueprint.ts";
import type { Resolved, Tools } from "../../src/policies/policy.ts";
import { policies } from "../../src/policies/registry.ts";
import type { Upstream } from "../../src/upstream/upstream.ts";
import type { Pretended } from "./arguments.ts";
import { offlineJwt, pretendedCredential } from "./offline-credential.ts";
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
    policies: { ...(policies as unknown as Policies), middleware, hooks },
    actions: { ...(actions as unknown as Actions), handler, compose: composeOf(offline) },
    credentials: credentialsOf(offline),
  };
}

/** Stands for any function, and any in-process app, of the manifest. */
export const UNRUN = Object.assign(() => undefined, { fetch: () => Promise.reject(new Error("offline")) });

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
      create(options, requirements, tools) {
        if (as === undefined && type === "jwt") {
          return offlineJwt(options as Resolved<CompiledJwt>, requirements, tools, isUnset);
        }
        const real = create(options, requirements, tools);
        return as === undefined ? real : pretendedCredential(type, real, options, requirements, as);
      },
    },
  ]);
  return Object.fromEntries(entries);
}

function note({ record }: RequestContext | KeyedContext, text: string): void {
  record.notes ??= [];
  record.notes.push(text);
}
