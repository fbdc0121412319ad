/** A reference such as `{identity.claims.org}`: its root, then the keys below it. */
export type Reference = readonly [root: string, ...path: string[]];

/** A string with references, compiled: literal text and references in order. Plain JSON. */
export type Template = { readonly template: ReadonlyArray<string | Reference> };

/** What references can see. Each root is one field; `steps` is looked at for every other root. */
export interface ReferenceScope {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly identity?: object | undefined;
  readonly request: { readonly id: string; readonly method: string; readonly path: string };
  readonly steps?: Readonly<Record<string, unknown>>;
}
