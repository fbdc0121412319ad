/** The gateway's own paths: no route may begin with it. */
export const ADMIN_PREFIX = "/_gateway";
