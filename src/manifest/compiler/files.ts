import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Phase, POLICY_PHASES } from "../../phases.ts";
import { ROOT } from "./load.ts";

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const path = (relative: string) => join(ROOT, relative);

interface PolicyFile {
  readonly file: string;
  readonly phase: Phase;
}

const found = new Map<string, PolicyFile>();

/** Where a policy lives, and so the phase that it works in. @throws when there is no such file */
export function policyFile(name: string): PolicyFile {
  let place = found.get(name);
  if (place === undefined) {
    place = findPolicy(name);
    found.set(name, place);
  }
  return place;
}

function findPolicy(name: string): PolicyFile {
  for (const phase of POLICY_PHASES) {
    const file = path(`src/policies/${phase}/${kebab(name)}.ts`);
    if (existsSync(file)) return { file, phase };
  }
  throw new Error(`the policy "${name}" has no file src/policies/<phase>/${kebab(name)}.ts`);
}

/** Where an action lives. */
export function actionFile(name: string): string {
  return path(`src/actions/${kebab(name)}/${kebab(name)}.ts`);
}

/** Where a credential lives. */
export function credentialFile(name: string): string {
  return path(`src/identity/credentials/${kebab(name)}.ts`);
}

/** Where that lives which an upstream puts on its requests. */
export function presenterFile(name: string): string {
  return path(`src/upstream/presenters/${kebab(name)}.ts`);
}

/** Every policy file, for the test that holds files and registry together. */
export function policyFiles(): string[] {
  return POLICY_PHASES.flatMap((phase) => {
    const folder = path(`src/policies/${phase}`);
    return existsSync(folder) ? readdirSync(folder).map((file) => `${phase}/${file}`) : [];
  });
}
