import { createMemoryQuotas } from "../../../src/stores/quotas/memory.ts";
import { quotaStoreContract } from "../../contract/quota-store.ts";

quotaStoreContract("memory", () => createMemoryQuotas(Date.now));
