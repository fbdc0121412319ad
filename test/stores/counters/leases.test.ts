import { leasingStoreContract } from "../../contract/leasing-store.ts";
import { createLedgerStore } from "../../support/ledger-store.ts";

leasingStoreContract("in this process", () => createLedgerStore(() => Date.now()));
