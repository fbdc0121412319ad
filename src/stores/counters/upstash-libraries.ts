// Evaluated at the first call. The main file of the one is CommonJS, of which a bundle can leave nothing out.
export { Ratelimit } from "@upstash/ratelimit/dist/index.mjs";
export { Redis } from "@upstash/redis/cloudflare";
