import { createMemoryMeters } from "../../../src/stores/meters/memory.ts";
import { meterStoreContract } from "../../contract/meter-store.ts";

meterStoreContract("memory", () => createMemoryMeters(Date.now));
