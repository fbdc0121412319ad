import { describe, expect, it } from "vitest";
import { env, secret } from "../../../src/env.ts";
import { create, options } from "../../../src/upstream/presenters/basic.ts";
import { faults, presented } from "../support.ts";

describe("a user and a password", () => {
  it.each([
    ["Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="],
    ["test", "123£", "dGVzdDoxMjPCow=="],
  ])("%s:%s stands in Authorization as RFC 7617 has it, in UTF-8", async (user, password, expected) => {
    const presenter = create({ user, password });
    expect((await presented(presenter)).headers.get("authorization")).toBe(`Basic ${expected}`);
    expect(presenter).toMatchObject({ fields: ["authorization"], answersFor401: true });
  });

  it("are a name without a colon and a secret", () => {
    const password = secret("PASSWORD");
    expect(faults(options(), { user: "gateway", password })).toEqual([]);
    expect(faults(options(), { user: env("USER"), password })).toEqual([]);
    expect(faults(options(), { user: "a:b", password })).toHaveLength(1);
    expect(faults(options(), { user: "a", password: "b" })).toHaveLength(1);
  });
});
