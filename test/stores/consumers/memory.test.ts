import { createMemoryConsumers } from "../../../src/stores/consumers/memory.ts";
import { consumerRegistryContract } from "../../contract/consumer-registry.ts";
import { newsContract } from "./news-contract.ts";
import { retentionContract } from "./retention-contract.ts";
import { transferContract } from "./transfer-contract.ts";

consumerRegistryContract("memory", createMemoryConsumers);
transferContract("memory", createMemoryConsumers);
retentionContract("memory", createMemoryConsumers);
newsContract("memory", createMemoryConsumers);
