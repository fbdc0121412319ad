/** How much a request matters when not all can be served. Above `optional`, routes say it. */
export type Priority = (typeof PRIORITIES)[number];

/** What a route may say, the most important first. */
export const PRIORITIES = ["critical", "normal", "background"] as const;

/** Which share of an upstream's limit requests of a class may fill: what is above is kept for those who matter more. */
const SHARES = { critical: 1, normal: 0.9, background: 0.75, optional: 0.6 } as const;

/** Up to how many may be in flight for one more of this class to be let in; at least one. */
export function roomFor(priority: Priority | "optional", limit: number): number {
  return Math.max(1, Math.ceil(limit * SHARES[priority]));
}
