import { isRoot, type UnplannedStep, usesOf } from "../../src/actions/compose/plan.ts";
import type { Replacements } from "../../src/explain/redact.ts";
import type { Reference } from "../../src/references/template.ts";

type Answer = string | { [key: string]: Answer };

/**
 * Stands for what origins would answer: each value that a later step names is a word that every encoding leaves as
 * it is, and is shown as the reference itself.
 */
export class Placeholders {
  readonly #shown: Array<readonly [word: string, reference: string]> = [];

  /** Words for the references in an explanation. */
  get shown(): Replacements {
    return this.#shown;
  }

  /** What each step answers: nothing but the values that other steps name. By step. */
  answersOf(steps: readonly UnplannedStep[]): ReadonlyMap<string, Answer> {
    const answers = new Map<string, Answer>();
    for (const { reference } of steps.flatMap(usesOf)) {
      const [step, ...path] = reference;
      if (isRoot(step)) continue;
      answers.set(step, this.#with(answers.get(step), path, reference));
    }
    return answers;
  }

  #with(answer: Answer | undefined, [key, ...rest]: readonly string[], reference: Reference): Answer {
    // What has members cannot be a word as well: where both are named, the whole is shown with the words in it.
    if (key === undefined) return answer ?? this.#word(reference);
    const members = typeof answer === "object" ? answer : {};
    return { ...members, [key]: this.#with(members[key], rest, reference) };
  }

  #word(reference: Reference): string {
    const shown = `{${reference.join(".")}}`;
    const known = this.#shown.find(([, other]) => other === shown);
    if (known !== undefined) return known[0];
    const word = `placeholder${this.#shown.length}isogate`;
    this.#shown.push([word, shown]);
    return word;
  }
}
