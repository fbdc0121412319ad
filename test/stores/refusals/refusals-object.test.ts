import { exports } from "cloudflare:workers";
import { createDurableObjectRefusals } from "../../../src/stores/refusals/durable-object.ts";
import { refusalStoreContract } from "../../contract/refusal-store.ts";

const { RefusalsObject } = exports as unknown as {
  RefusalsObject: Parameters<typeof createDurableObjectRefusals>[0];
};

// Each test has an object of its own: the gateway's one name would bring them all together.
refusalStoreContract("the Durable Object", () => {
  const name = crypto.randomUUID();
  return createDurableObjectRefusals({ getByName: () => RefusalsObject.getByName(name) });
});
