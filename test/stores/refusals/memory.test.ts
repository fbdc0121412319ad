import { createMemoryRefusals } from "../../../src/stores/refusals/memory.ts";
import { refusalStoreContract } from "../../contract/refusal-store.ts";

refusalStoreContract("memory", createMemoryRefusals);
