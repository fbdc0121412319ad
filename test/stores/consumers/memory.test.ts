import { createMemoryConsumers } from "../../../src/stores/consumers/memory.ts";
import { consumerRegistryContract } from "../../contract/consumer-registry.ts";

consumerRegistryContract("memory", createMemoryConsumers);
