// Whatever a client writes as a path: what the origin is sent is what access has judged, however the origin reads it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defineRoutes, jwt, upstream } from "../../src/manifest/index.ts";
import type { PathPolicy } from "../../src/match/path-policy.ts";
import type { Sent } from "../support/in-process.ts";
import { judgedGateway, rawRequest } from "../support/judged-gateway.ts";

const issuer = { issuer: "https://login.example", audience: "https://api.example" };
const staff = jwt({ issuers: { ...issuer, keys: { url: "https://login.example/keys" } } });

/** An upstream of its own for each way to make a path, so that its first segment tells them apart. */
const at = (mount: string) => upstream(mount, { origin: `https://origin.example/${mount}` });

const routes = defineRoutes(
  { access: "public" },
  {
    "ANY /*": { forward: { upstream: at("direct") } },
    "GET /Shop/Desk/:item/": { forward: { upstream: at("spelt") } },
    "GET /shop/:kind{[a-z]+}/x": { forward: { upstream: at("patterned") } },
    "GET /strip/*": { forward: { upstream: at("stripped"), stripPrefix: "/strip" } },
    "GET /ref/:a/:b": { forward: { upstream: at("referred"), path: "/{params.a}/{params.b}" } },
    "GET /rest/*": { forward: { upstream: at("rest"), path: "/{params.*}" } },
    "GET /cached/*": { cache: { ttl: "1m", public: true }, forward: { upstream: at("cached") } },
  },
);

/** No request of these tests has a credential, so no origin may be asked for what falls under a rule. */
const rules = [
  "/desk/*",
  "/:any/hidden",
  "/shop/desk/secret",
  "/shop/:kind{desk|till}/x",
  "/strip/desk/*",
  "/ref/desk/*",
  "/ref/:a/desk",
  "/rest/desk/*",
  "/cached/desk/*",
];

/** What the rules keep from strangers, as the most lenient of origins would name it: lower case, no last slash. */
const GUARDED: ReadonlyArray<RegExp> = [
  /^\/direct\/desk(?:\/|$)/,
  /^\/(?:direct\/[^/]*|direct\/(?:strip|rest|cached))\/hidden$/,
  /^\/(?:direct|spelt)\/shop\/desk\/secret$/,
  /^\/(?:direct|patterned)\/shop\/(?:desk|till)\/x$/,
  /^\/(?:stripped|referred|rest)\/desk(?:\/|$)/,
  /^\/referred\/[^/]*\/desk$/,
  /^\/cached\/cached\/desk(?:\/|$)/,
  /^\/(?:direct)\/(?:strip|ref|rest|cached)\/desk(?:\/|$)/,
];

type Reading = (path: string) => string;

/** What one server or another makes of a path. */
const READINGS: readonly Reading[] = [
  (path) => path.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
  (path) => {
    try {
      return decodeURIComponent(path);
    } catch {
      return path;
    }
  },
  (path) => path.replaceAll("\\", "/"),
  (path) => path.replace(/;[^/]*/g, ""),
  (path) => path.replace(/\/{2,}/g, "/"),
  (path) => path.split("\0")[0]!,
  withoutDotSegments,
];

/** RFC 3986 §5.2.4. */
function withoutDotSegments(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/").slice(1)) {
    if (segment === "..") kept.pop();
    else if (segment !== ".") kept.push(segment);
  }
  return `/${kept.join("/")}`;
}

/** Every way to read a path, one reading after another in any order. */
function readings(path: string): ReadonlySet<string> {
  const found = new Set([path]);
  for (const each of found) for (const read of READINGS) found.add(read(each));
  return found;
}

const isGuarded = (path: string) => {
  const plain = path
    .toUpperCase()
    .toLowerCase()
    .replace(/(?<=.)\/$/, "");
  return GUARDED.some((pattern) => pattern.test(plain));
};

const name = fc.constantFrom(
  ...[
    "desk",
    "DESK",
    "Desk",
    "d%65sk",
    "%44esk",
    "de%C5%BFk",
    "des%E2%84%AA",
    "hidden",
    "hid%64en",
    "secret",
  ],
  ...[
    "till",
    "shop",
    "Shop",
    "x",
    "X",
    "a",
    "strip",
    "ref",
    "rest",
    "cached",
    "caf%C3%A9",
    "a%20b",
    "a,b",
    "a%2Cb",
  ],
);
const nasty = fc.constantFrom(
  ...[
    "",
    ".",
    "..",
    "%2e",
    "%2E%2e",
    ".%2e",
    "%252e%252e",
    "..;",
    ";x",
    "desk;a=1",
    "desk%3Bx",
    "..%2f",
    "%2fdesk",
  ],
  ...[
    "..%2fdesk",
    "..\\desk",
    "%5c..%5cdesk",
    "desk%00",
    "desk%2500",
    "%c0%ae%c0%ae",
    "%c0%afdesk",
    "%e0%80%afdesk",
  ],
  ...[
    "desk%20",
    "%09desk",
    "desk%0d",
    "%25%32%65",
    "%ff",
    "%",
    "%zz",
    "%u002e",
    "de%73k%2f",
    "%252fdesk",
    "desk%23",
  ],
  ...[
    "desk%3f",
    "x%2f..%2fdesk",
    "%2525",
    "desk\\",
    "/desk",
    "é",
    "*",
    ":a",
    "{params.a}",
    "desk|",
    "[desk]",
  ],
);
const mount = fc.constantFrom(
  "",
  "/strip",
  "/ref",
  "/rest",
  "/cached",
  "/shop",
  "/Shop/Desk",
  "/shop/desk",
  "/x",
);
const target = fc
  .tuple(
    mount,
    fc.array(fc.oneof({ weight: 5, arbitrary: name }, { weight: 1, arbitrary: nasty }), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.constantFrom("", "", "/", "//", "/.", "/..", "?a=/../desk", "#desk"),
  )
  .map(([start, segments, end]) => `${start}/${segments.join("/")}${end}`);

const policies: PathPolicy[] = (["strict", "ignore", "redirect"] as const).flatMap((trailingSlash) =>
  (["sensitive", "insensitive"] as const).map((letters) => ({ trailingSlash, case: letters })),
);

describe.each(policies)("with trailing slash $trailingSlash and case $case", (paths) => {
  const gateway = () =>
    judgedGateway(
      {
        paths,
        require: rules.map((match) => ({ match, access: staff })),
        routes: [routes],
      },
      { origin: ({ url }: Sent) => new Response(new URL(url).pathname) },
    );

  it("no origin is asked for what access has not let through", async () => {
    const { answer, sent, lines } = gateway();
    const seen = { forwarded: 0, refused: 0, malformed: 0, stored: 0 };

    async function ask(asked: string) {
      sent.length = 0;
      lines.length = 0;
      const response = await answer(rawRequest(asked));
      const { path: judged } = lines[0] as { readonly path: string };
      if (response.status === 401) seen.refused++;
      if (response.status === 400) seen.malformed++;
      if (response.status !== 200) {
        expect(sent).toEqual([]);
        return;
      }
      const came = await response.text();
      if (sent.length === 0) {
        // What the cache has was fetched for this very path.
        seen.stored++;
        expect(came).toBe(`/cached${judged}`);
        return;
      }
      seen.forwarded++;
      const path = sent[0]!.url.slice("https://origin.example".length).split("?")[0]!;
      // The fake origin has parsed the URL, as every fetch does: that changes nothing.
      expect(came).toBe(path);
      const [mounted = "", name = ""] = /^\/([a-z]+)/.exec(path) ?? [];
      if (["direct", "spelt", "patterned", "cached"].includes(name)) expect(path).toBe(mounted + judged);
      for (const read of readings(path)) {
        expect(read.startsWith(`${mounted}/`), `${read} of ${path}`).toBe(true);
        expect(isGuarded(read), `${read} of ${path}`).toBe(false);
      }
    }

    const property = fc.asyncProperty(target, async (asked) => {
      await ask(asked);
      await ask(asked);
    });
    await fc.assert(property, { numRuns: 1_500 });
    // Or else the property says nothing.
    expect(seen.forwarded).toBeGreaterThan(150);
    expect(seen.refused).toBeGreaterThan(50);
    expect(seen.malformed).toBeGreaterThan(100);
    expect(seen.stored).toBeGreaterThan(10);
  });
});
