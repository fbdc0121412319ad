import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const GOLDEN = join(ROOT, "test/golden/explain");

/** A token that is right in everything that can be told without its issuer's keys. */
const TOKEN = [
  { alg: "RS256", typ: "at+jwt", kid: "1" },
  { iss: "https://login.shop.example", aud: "shop-api", sub: "ada", scope: "shop:read", exp: 1_795_136_400 },
]
  .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
  .concat("c2lnbmF0dXJl")
  .join(".");

/** Instructive requests to the sample manifest. `vitest -u` writes anew what is said to them. */
const REQUESTS: Readonly<Record<string, readonly string[]>> = {
  "public-and-cached": [
    "GET",
    "/v1/products?utm=x&category=tea",
    "-H",
    "Accept: application/json",
    "-H",
    "Cookie: a=1",
  ],
  "head-falls-back-to-get": ["HEAD", "/v1/products/assam"],
  "variants-fall-through": [
    "POST",
    "/v1/orders",
    "-H",
    "Content-Type: text/plain",
    "-d",
    "two cups",
    "--as",
    "ada",
    "--scopes",
    "shop:read",
  ],
  "two-limits-and-a-hook": [
    "POST",
    "https://api.shop.example/v1/orders",
    "-H",
    "Content-Type: application/json",
    "-H",
    "CF-Connecting-IP: 2001:db8::7",
    "-d",
    '{"product":"cup","quantity":2}',
    "--as",
    "ada",
    "--scopes",
    "shop:write",
  ],
  "no-credential": ["GET", "/v1/orders"],
  "a-token-to-be-proved": ["GET", "/v1/orders/7", "-H", `Authorization: Bearer ${TOKEN}`],
  "a-scope-is-lacking": ["GET", "/v1/admin/sales", "--as", "ada", "--scopes", "shop:read,shop:write"],
  "composed-in-order": ["GET", "/v1/storefront", "--as", "ada", "--scopes", "shop:read"],
  "method-not-there": ["DELETE", "/v1/orders"],
  preflight: [
    "OPTIONS",
    "/v1/orders",
    "-H",
    "Origin: https://shop.example",
    "-H",
    "Access-Control-Request-Method: POST",
  ],
  "path-misspelt": ["GET", "/v1/product/assam"],
  "path-normalised": ["GET", "/v1/products/%61ssam%c3%a9"],
  "path-malformed": ["GET", "/v1/products/%2e%2e/admin/sales"],
};

let said: Readonly<Record<string, string>>;

beforeAll(async () => {
  const run = promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, "../explain-several.ts"), join(ROOT, "routes/index.ts")],
    { maxBuffer: 16_000_000 },
  );
  run.child.stdin?.end(JSON.stringify(Object.values(REQUESTS)));
  const texts = JSON.parse((await run).stdout) as string[];
  said = Object.fromEntries(Object.keys(REQUESTS).map((name, index) => [name, texts[index]!]));
});

describe("what is said of", () => {
  it.each(Object.keys(REQUESTS))("%s", async (name) => {
    const command = `$ npm run explain -- ${REQUESTS[name]!.map(quoted).join(" ")}`.replace(TOKEN, "<token>");
    await expect(`${command}\n\n${said[name]}\n`).toMatchFileSnapshot(join(GOLDEN, `${name}.txt`));
  });

  it("all of them stands in lines of at most 100 characters", () => {
    const long = Object.values(said).flatMap((text) => text.split("\n").filter((line) => line.length > 100));
    expect(long).toEqual([]);
  });

  it("none of them holds a credential", () => {
    expect(JSON.stringify(said)).not.toContain(TOKEN.split(".")[1]);
  });
});

function quoted(word: string): string {
  return /^[\w/.:-]+$/.test(word) ? word : `'${word}'`;
}
