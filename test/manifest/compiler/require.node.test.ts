import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AccessRule, declareCredential } from "../../../src/identity/declare.ts";
import { type EffectiveAccess, requireAccess } from "../../../src/manifest/compiler/require.ts";
import { pathMatcher } from "../../../src/match/path-matcher.ts";
import { type PathPattern, parsePathPattern } from "../../../src/match/pattern.ts";

const token = declareCredential("jwt", {});
const own = token({ scopes: ["own"] });

function pattern(text: string): PathPattern {
  const parsed = parsePathPattern(text);
  if ("error" in parsed) throw new Error(parsed.error);
  return parsed;
}

const rules = new Map<string, { readonly match: string; readonly access: AccessRule }>();

/** The one rule for the paths that `match`, told from others by its scope. */
function rule(match: string) {
  const known = rules.get(match) ?? { match, access: token({ scopes: [match] }) };
  rules.set(match, known);
  return known;
}

function effective(path: string, ...matches: readonly string[]): EffectiveAccess {
  return requireAccess({ always: "public" }, pattern(path), matches.map(rule));
}

/** The scopes of the rules that a request's path has to meet. */
function demanded({ always, conditional }: EffectiveAccess, path: string): string[] {
  const applying = conditional.filter(({ match }) => pathMatcher(match)(path)).map((each) => each.rule);
  return [always, ...applying].flatMap((access) => (access === "public" ? [] : scopesOf(access)));
}

function scopesOf(access: AccessRule): string[] {
  if ("allOf" in access) return access.allOf.flatMap(scopesOf);
  if ("anyOf" in access) throw new Error("no rule of these tests");
  return [...(access.requirements.scopes ?? [])];
}

describe("a rule of the gateway", () => {
  it("holds always for a route whose paths all fall under it", () => {
    expect(effective("/admin/users/:id", "/admin/*")).toEqual({
      always: rule("/admin/*").access,
      conditional: [],
      onTrial: [],
    });
  });

  it("holds for the folder itself too: nobody guards a house and leaves its door open", () => {
    for (const path of ["/admin", "/admin/"]) {
      expect(demanded(effective(path, "/admin/*"), path)).toEqual(["/admin/*"]);
    }
    expect(demanded(effective("/:any", "/admin/*"), "/admin")).toEqual(["/admin/*"]);
  });

  it("covers its paths in any case, and with or without a trailing slash", () => {
    for (const path of ["/Admin/:x", "/ADMIN/", "/admin/:x/", "/%41dmin/x"]) {
      expect(effective(path, "/admin/*").always).toEqual(rule("/admin/*").access);
    }
    expect(effective("/a/", "/a").always).toEqual(rule("/a").access);
    expect(effective("/:x{Admin|Ops}/y", "/:area{admin|ops}/*").always).not.toBe("public");
    expect(demanded(effective("/*", "/a/:x{[a-z]+}"), "/A/B/")).toEqual(["/a/:x{[a-z]+}"]);
    expect(demanded(effective("/a/*", "/a"), "/a/")).toEqual(["/a"]);
  });

  it("is asked by the request's own path where only some of the route's fall under it", () => {
    const access = effective("/:area/users", "/admin/*");
    expect(access.always).toBe("public");
    expect(demanded(access, "/admin/users")).toEqual(["/admin/*"]);
    expect(demanded(access, "/shop/users")).toEqual([]);
    expect(demanded(effective("/*", "/admin/*"), "/admin/users")).toEqual(["/admin/*"]);
  });

  it("is nothing to a route that has no path under it", () => {
    for (const path of ["/shop", "/shop/admin/x", "/administrators", "/admin-x/y"]) {
      expect(effective(path, "/admin/*")).toEqual({ always: "public", conditional: [], onTrial: [] });
    }
  });

  it("adds to what the route asks, and gives the identity", () => {
    const access = requireAccess({ always: own }, pattern("/admin/x"), [rule("/admin/*"), rule("/*")]);
    expect(access.always).toEqual({ allOf: [rule("/*").access, rule("/admin/*").access, own] });
  });

  it("takes a path as the router does, in whatever spelling the pattern is", () => {
    expect(demanded(effective("/%61dmin/:x", "/admin/*"), "/admin/users")).toEqual(["/admin/*"]);
    expect(
      demanded(effective("/b%C3%BCro/:x", "/büro/*".replace("ü", "%c3%bc")), "/b%C3%BCro/x"),
    ).toHaveLength(1);
  });
});

describe("whatever the patterns", () => {
  const name = fc.constantFrom("a", "b", "admin");
  const segment = fc.oneof(name, fc.constantFrom(":p", ":p{a|b}", ":p{admin}", ":p{[a-z]+}", ":p{\\d+}"));
  const text = fc
    .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.constantFrom("", "/", "/*"))
    .map(
      ([segments, end]) =>
        `/${segments.map((each, index) => each.replace(":p", `:p${index}`)).join("/")}${end}`,
    );
  const value = fc.oneof(name, fc.constantFrom("7", "zz"));
  /** Paths that look like the pattern's, of which some are. */
  const near = (route: string) =>
    fc
      .tuple(fc.array(value, { minLength: 5, maxLength: 5 }), fc.array(value, { maxLength: 2 }))
      .map(([values, rest]) =>
        route
          .split("/")
          .map((each, index) => (each === "*" ? rest.join("/") : each.startsWith(":") ? values[index] : each))
          .join("/"),
      );

  const both = (route: string) =>
    fc.tuple(fc.constant(route), fc.array(near(route), { minLength: 4, maxLength: 4 }));

  it("a path is asked for the rules that it falls under, and for no others", () => {
    let met = 0;
    fc.assert(
      fc.property(
        fc.uniqueArray(text, { minLength: 1, maxLength: 3 }),
        text.chain(both),
        (matches, [route, paths]) => {
          const access = effective(route, ...matches);
          for (const asked of paths.filter(pathMatcher(route))) {
            const falls = matches.filter((match) => {
              const covers = match.endsWith("/*") ? [match, match.slice(0, -2)] : [match];
              return covers.some((each) => pathMatcher(each)(asked));
            });
            met += falls.length;
            expect(new Set(demanded(access, asked))).toEqual(new Set(falls));
          }
        },
      ),
      { numRuns: 1_000 },
    );
    // Or else the property says nothing.
    expect(met).toBeGreaterThan(300);
  });
});
