import { expect, it } from "vitest";
import { upstream } from "../../src/manifest/index.ts";
import { gatewayOf } from "../support/in-process.ts";

const bank = upstream("bank", { origin: "https://bank.example/api", certificate: "BANK_CERT" });
const routes = { "GET /balance": { access: "public", forward: { upstream: bank } } } as const;

it("an upstream with a client certificate is asked through its binding, and by no other way", async () => {
  const asked: string[] = [];
  const binding = {
    fetch: async (url: string) => {
      asked.push(url);
      return new Response("with a certificate");
    },
  };
  const { ask, sent } = gatewayOf(routes, { env: { BANK_CERT: binding } });
  expect(await (await ask("/balance")).text()).toBe("with a certificate");
  expect([asked, sent]).toEqual([["https://bank.example/api/balance"], []]);
});

it("an upstream whose client certificate a deployment lacks is not asked at all", async () => {
  const { ask, sent, lines } = gatewayOf(routes);
  expect((await ask("/balance")).status).toBe(500);
  expect(sent).toEqual([]);
  expect(lines).toMatchObject([
    { code: "configuration-missing", cause: 'there is no client certificate "BANK_CERT"' },
  ]);
});
