/** The demo's services, one app each. Used by routes/upstreams.ts alone. */
export { accounts } from "./accounts.ts";
export { catalog } from "./catalog.ts";
export { issuer } from "./issuer.ts";
export { orders } from "./orders.ts";
