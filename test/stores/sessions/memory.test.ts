import { createMemorySessions } from "../../../src/stores/sessions/memory.ts";
import { sessionStoreContract } from "../../contract/session-store.ts";

sessionStoreContract("memory", () => createMemorySessions(Date.now));
