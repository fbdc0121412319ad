import { describe, expect, it } from "vitest";
import { Secrets, withoutValues } from "../../../scripts/record/secrets.ts";

const secrets = new Secrets(["X-Tenant"]);

describe("the secrets of an exchange", () => {
  it("are credentials, and what was named", () => {
    expect(secrets.valuesOf("/?x-tenant=tea-shop-north", [["X-Tenant", "tea-shop"]])).toEqual([
      "tea-shop-north",
      "tea-shop",
    ]);
    expect(secrets.valuesOf("/", [["X-API-Key", "k-123456"]])).toEqual(["k-123456"]);
    expect(secrets.valuesOf("/?q=tea-shop-north", [["X-Tenants", "tea-shop"]])).toEqual([]);
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
      token_type: "Bearer",
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
