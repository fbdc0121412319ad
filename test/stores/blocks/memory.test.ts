import { createMemoryBlocks } from "../../../src/stores/blocks/memory.ts";
import { blockStoreContract } from "../../contract/block-store.ts";

blockStoreContract("memory", createMemoryBlocks);
