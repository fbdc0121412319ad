import { describe, expect, it } from "vitest";
import { create } from "../../../src/upstream/presenters/client-credentials.ts";
import { contextOf, presented, toolsOf } from "../support.ts";

/** A presenter whose authorization server numbers its tokens. */
function clientCredentials() {
  let number = 0;
  const { tools, asked } = toolsOf(() =>
    Response.json({ access_token: `token-${++number}`, token_type: "Bearer", expires_in: 600 }),
  );
  const presenter = create(
    {
      tokenEndpoint: { url: "https://login.example/token" },
      clientId: "gateway",
      clientSecret: "secret",
      clientAuthentication: "client_secret_basic",
      scope: [],
      audience: [],
      resource: [],
    },
    tools,
  );
  return { presenter, asked };
}

describe("a token of client credentials", () => {
  it("stands in Authorization, and its owner answers for a 401", async () => {
    const { presenter, asked } = clientCredentials();
    for (let request = 0; request < 3; request++) {
      expect((await presented(presenter)).headers.get("authorization")).toBe("Bearer token-1");
    }
    expect(asked).toHaveLength(1);
    expect(presenter).toMatchObject({ fields: ["authorization"], answersFor401: true });
  });

  it("costs no promise once it is known", async () => {
    const { presenter } = clientCredentials();
    const { ctx } = contextOf();
    expect(presenter.ready(ctx)).toBeInstanceOf(Promise);
    await presenter.ready(ctx);
    expect(presenter.ready(ctx)).toBeTypeOf("function");
    expect(presenter.ready(ctx)).toBe(presenter.ready(ctx));
  });

  it("is another once the origin has refused it", async () => {
    const { presenter } = clientCredentials();
    const { ctx } = contextOf();
    const refused = await presenter.ready(ctx);
    expect(await presenter.renew?.(refused, ctx)).toBe(true);
    expect((await presented(presenter)).headers.get("authorization")).toBe("Bearer token-2");
  });
});
