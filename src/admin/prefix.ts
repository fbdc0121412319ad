/** The gateway's own paths: no route may begin with it. */
export const ADMIN_PREFIX = "/_gateway";

/** The one path below it that a manifest may give to a route of its own, for callers to see what they have used. */
export const USAGE_PATH = `${ADMIN_PREFIX}/usage`;
