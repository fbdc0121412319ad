import { rateLimit } from "isogate";

/** Anybody, by network address: generous, so that an office behind one address is not locked out. */
export const perVisitor = rateLimit({ limit: 300, window: "1m" });

/** A signed-in customer, wherever they are. */
export const perCustomer = rateLimit({ limit: 60, window: "1m", by: ["identity.id"] });

/** A partner; those on the gold plan do the shop's business. */
export const perPartner = rateLimit({ name: "partner", limit: 60, window: "1m", plans: { gold: 600 } });

/** Searches are dear: a visitor may type, a scraper may not. A failing counter must not close the shop. */
export const perSearcher = rateLimit({ limit: 20, window: "1m", onStoreFailure: "allow" });

/** Stops double clicks and runaway scripts … */
export const orderBurst = rateLimit({ name: "burst", limit: 3, window: "10s", by: ["identity.id"] });

/** … and what nobody means to do in a day. */
export const ordersPerDay = rateLimit({ name: "day", limit: 100, window: "1d", by: ["identity.id"] });
