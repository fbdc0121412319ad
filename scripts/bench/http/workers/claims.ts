// What the benchmark's tokens and keys claim, and its Workers expect of them.
export const ISSUER = "https://issuer.example";
export const AUDIENCE = "https://api.example";
export const SUBJECT = "user-42";
export const KEY_PREFIX = "bench_live";
