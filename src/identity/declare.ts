import type { Mode } from "../observe/report.ts";

/** What a route may ask of a credential beyond its being valid. */
export interface Requirements {
  /** All of these scopes. */
  readonly scopes?: readonly string[];
  /** Claim name → the value it must have, or one of the values. An array claim must contain one of them. */
  readonly claims?: Readonly<
    Record<string, string | number | boolean | ReadonlyArray<string | number | boolean>>
  >;
}

/** A credential as declared: as it is, or called with further {@link Requirements}. */
export interface CredentialDeclaration<Options = unknown> {
  (requirements: Requirements): CredentialDeclaration<Options>;
  readonly kind: "credential";
  /** Its name in the credential registry. */
  readonly type: string;
  readonly options: Options;
  readonly requirements: Requirements;
}

/** Credentials of which one must hold. The first that does gives the identity. */
export interface AnyOf {
  readonly anyOf: ReadonlyArray<AccessRule>;
}

/** Credentials that must all hold. The first gives the identity. */
export interface AllOf {
  readonly allOf: ReadonlyArray<AccessRule>;
}

export type AccessRule = CredentialDeclaration | AnyOf | AllOf;

/** What is enforced of a route's access: everyone may call, or whoever meets the rule. */
export type EnforcedAccess = "public" | AccessRule;

/** A new rule on trial beside the one in force. To put it into force, change `mode`; then drop all but the rule. */
export interface AccessTrial {
  /** The new rule. */
  readonly rule: AccessRule;
  /** `report`: the rule is judged and refuses nobody; the access log says whom it would have. */
  readonly mode: Mode;
  /** Who may call until `mode` is `enforce`. Identity and withheld credentials are this rule's alone. */
  readonly meanwhile: EnforcedAccess;
}

/** Who may call a route. There is no default: every route or its group says. */
export type Access = EnforcedAccess | AccessTrial;

/** One of these credentials must hold; tried in order. */
export function anyOf(...rules: readonly [AccessRule, ...AccessRule[]]): AnyOf {
  return { anyOf: rules };
}

/** All of these credentials must hold; the first gives the identity. */
export function allOf(...rules: readonly [AccessRule, ...AccessRule[]]): AllOf {
  return { allOf: rules };
}

type Claims = NonNullable<Requirements["claims"]>;

/** A claim asked for twice must have a value that both accept: narrowing never widens. */
function narrowClaims(first: Claims, more: Claims): Claims {
  const both = { ...first, ...more };
  for (const name of Object.keys(more)) {
    const [wanted, earlier] = [more[name], first[name]].map((value) =>
      value === undefined ? value : [value].flat(),
    );
    if (earlier !== undefined) both[name] = wanted?.filter((value) => earlier.includes(value)) ?? [];
  }
  return both;
}

/** Makes a callable declaration for the credential type `type`. */
export function declareCredential<Options>(
  type: string,
  options: Options,
  requirements: Requirements = {},
): CredentialDeclaration<Options> {
  const narrow = (more: Requirements) =>
    declareCredential(type, options, {
      // Keys that are none are kept, so that the check can name them instead of losing what they asked for.
      ...requirements,
      ...more,
      scopes: [...(requirements.scopes ?? []), ...(more.scopes ?? [])],
      claims: narrowClaims(requirements.claims ?? {}, more.claims ?? {}),
    });
  return Object.assign(narrow, { kind: "credential" as const, type, options, requirements });
}

/** Whether the value was made by {@link declareCredential}. */
export function isCredential(value: unknown): value is CredentialDeclaration {
  return typeof value === "function" && "kind" in value && value.kind === "credential";
}
