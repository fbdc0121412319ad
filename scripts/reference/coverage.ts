import { type CredentialDeclaration, isCredential } from "../../src/identity/declare.ts";
import type { LoadedManifest } from "../../src/manifest/compiler/load.ts";
import { isUpstream, type UpstreamDeclaration } from "../../src/upstream/declare.ts";
import { type Example, examplesOf, fileName } from "./example.ts";
import { mergedRows, rowsUsed } from "./rows.ts";
import type { Part, Section, Sections } from "./sections.ts";
import type { Shape } from "./shape.ts";

/** Every section that is about a key, and so has an example of its own. */
export function keyedSections(sections: Sections): Section[] {
  const { gateway, require, group, settings, actions, policies, credentials, upstream } = sections;
  return [gateway, require, group, ...settings, ...actions, ...policies, ...credentials, upstream];
}

/** Which keys and options the manifest of an example uses: `key`, `key.option` and `part.option`. */
export function usedOptions(manifest: LoadedManifest, sections: Sections): string[] {
  const used: string[] = [];
  const all = keyedSections(sections);
  const note = (section: Section | undefined, value: unknown) => {
    if (section === undefined || value === undefined) return;
    used.push(section.key, ...rowsUsed(section.shape, value).map((label) => `${section.key}.${label}`));
  };
  const parts = all.flatMap((section) => section.parts);
  const notePart = (name: Part["name"], value: unknown) => {
    const part = parts.find((each) => each.name === name);
    if (part !== undefined) used.push(...rowsUsed(part.shape, value).map((label) => `${name}.${label}`));
  };
  const options = manifest.gateway?.options;
  note(sections.gateway, options);
  note(sections.require, options?.require);
  for (const level of levelsOf(options?.defaults, options?.routes ?? [])) {
    for (const section of [...sections.settings, ...sections.actions, ...sections.policies]) {
      note(section, level[section.key]);
    }
    const { steps = {}, options: merging } = (level.compose ?? {}) as { steps?: object; options?: unknown };
    for (const step of Object.values(steps)) notePart("step", step);
    notePart("composition", merging);
    if (isTrial(level.access)) notePart("trial", level.access);
  }
  for (const { group } of options?.routes ?? []) note(sections.group, group);
  const { upstreams, credentials } = declarationsIn(manifest.modules.map(({ exports }) => exports));
  for (const upstream of upstreams) note(sections.upstream, upstream.options);
  for (const credential of credentials) {
    note(
      sections.credentials.find(({ key }) => key === credential.type),
      credential.options,
    );
    notePart("requirements", withoutGaps(credential.requirements));
  }
  return used;
}

/** What the examples lack: each key has one of its own, in which each of its options is used. */
export function uncovered(
  sections: Sections,
  examples: readonly Example[],
  used: ReadonlyMap<string, readonly string[]>,
): string[] {
  const all = keyedSections(sections);
  const keys = all.map(({ key }) => key);
  return all.flatMap((section) => {
    const file = `docs/examples/${fileName(section.key)}.ts`;
    const own = examplesOf(section.key, examples, keys);
    if (own.length === 0) return [`"${section.key}" has no example: add ${file}`];
    const shown = new Set(own.flatMap(({ name }) => used.get(name) ?? []));
    return optionIds(section)
      .filter((ids) => !ids.some((id) => shown.has(id)))
      .map(([id]) => `"${id}" is in no example: use it in ${file}`);
  });
}

/** Everything that an example must use: of options that are the same at several keys, one. */
function optionIds({ key, shape, parts }: Section): string[][] {
  const idsOf = (shape: Shape, prefix: string) =>
    mergedRows(shape).map(({ labels }) => labels.map((label) => `${prefix}.${label}`));
  return [[key], ...idsOf(shape, key), ...parts.flatMap((part) => idsOf(part.shape, part.name))];
}

type Level = Readonly<Record<string, unknown>>;

/** Whatever may hold policies: the defaults, the groups and the routes. */
function levelsOf(
  defaults: object | undefined,
  groups: ReadonlyArray<{ group: object; routes: object }>,
): Level[] {
  const levels = groups.flatMap(({ group, routes }) => [group, ...Object.values(routes).flat()]);
  return [defaults ?? {}, ...levels] as Level[];
}

function isTrial(access: unknown): boolean {
  return typeof access === "object" && access !== null && "meanwhile" in access;
}

/** The upstreams and credentials anywhere in what a manifest exports. */
function declarationsIn(root: unknown) {
  const upstreams = new Set<UpstreamDeclaration>();
  const credentials = new Set<CredentialDeclaration>();
  const queue: unknown[] = [root];
  const met = new Set<unknown>();
  for (const value of queue) {
    if ((typeof value !== "object" && typeof value !== "function") || value === null || met.has(value))
      continue;
    met.add(value);
    if (isUpstream(value)) upstreams.add(value);
    if (isCredential(value)) credentials.add(value);
    queue.push(...Object.values(value));
  }
  return { upstreams, credentials };
}

function withoutGaps(requirements: object): object {
  const asked = Object.entries(requirements).filter(([, value]) => Object.keys(value as object).length > 0);
  return Object.fromEntries(asked);
}
