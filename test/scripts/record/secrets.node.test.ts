import { describe, expect, it } from "vitest";
import { Secrets, withoutValues } from "../../../scripts/record/secrets.ts";

const secrets = new Secrets(["X-Tenant"]);

describe("the secrets of an exchange", () => {
  it.each<[string, string, ReadonlyArray<[string, string]>, string[]]>([
    ["none", "/a?page=123456789012", [["accept", "application/json"]], []],
    [
      "a token, with its scheme and without",
      "/",
      [["Authorization", "Bearer abcdef"]],
      ["Bearer abcdef", "abcdef"],
    ],
    ["a key", "/", [["X-API-Key", "k-123456"]], ["k-123456"]],
    ["a header that was named", "/", [["x-tenant", "tea-shop"]], ["tea-shop"]],
    [
      "cookies, one by one and together",
      "/",
      [["cookie", "a=1; session=0123456789ab"]],
      ["a=1; session=0123456789ab", "0123456789ab"],
    ],
    ["a cookie that is set", "/", [["Set-Cookie", "s=0123456789ab; Path=/; HttpOnly"]], ["0123456789ab"]],
    [
      "a parameter, encoded and decoded",
      "/?ACCESS_token=0123456789a%2B",
      [],
      ["0123456789a%2B", "0123456789a+"],
    ],
    [
      "nothing that may be a plain word",
      "/?token=short",
      [
        ["cookie", "a=1"],
        ["x-api-key", "short"],
      ],
      [],
    ],
  ])("are %s", (_, target, fields, values) => {
    expect(secrets.valuesOf(target, fields)).toEqual(values);
  });

  it("are left out wherever they are, the longest first", () => {
    const values = secrets.valuesOf("/", [["authorization", "Bearer abcdef"]]);
    expect(withoutValues("got Bearer abcdef, and abcdef", values)).toBe("got REDACTED, and REDACTED");
  });

  it("are left out of JSON by their names, however deep", () => {
    const json = {
      Access_Token: "x",
      list: [{ password: "y", x_tenant: 1 }],
      secret: "",
      id_token: null,
      tokens: "z",
    };
    expect(secrets.withoutMembers(json)).toEqual({
      ...json,
      Access_Token: "REDACTED",
      list: [{ password: "REDACTED", x_tenant: 1 }],
    });
    expect(secrets.withoutMembers({ secret: 1, name: "x" })).toBeUndefined();
    expect(secrets.withoutMembers("secret")).toBeUndefined();
  });

  it("have names in the target", () => {
    expect(secrets.parametersIn("/a?x=1&Token=a&api%5Fkey=b&sig")).toEqual(["token", "api_key", "sig"]);
    expect(secrets.parametersIn("/token=1")).toEqual([]);
  });
});
