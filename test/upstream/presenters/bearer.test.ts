import { describe, expect, it } from "vitest";
import { secret } from "../../../src/env.ts";
import { create, options } from "../../../src/upstream/presenters/bearer.ts";
import { faults, presented, refusalOf } from "../support.ts";

describe("a static token", () => {
  it("stands in Authorization", async () => {
    const presenter = create({ token: "t0k3n" });
    const { headers } = await presented(presenter, {
      headers: new Headers({ authorization: "Bearer theirs" }),
    });
    expect(headers.get("authorization")).toBe("Bearer t0k3n");
    expect(presenter).toMatchObject({ fields: ["authorization"], answersFor401: true });
  });

  it("that no header can hold is told and not shown", async () => {
    const { code, cause } = await refusalOf(() => create({ token: "t0k3n\n" }));
    expect([code, String(cause).includes("t0k3n")]).toEqual(["configuration-missing", false]);
  });

  it("is a secret", () => {
    expect(faults(options(), { token: secret("TOKEN") })).toEqual([]);
    expect(faults(options(), { token: "plain" })).toHaveLength(1);
  });
});
