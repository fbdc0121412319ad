// What the benchmark's tokens claim and its Workers expect of them.
export const ISSUER = "https://issuer.example";
export const AUDIENCE = "https://api.example";
export const SUBJECT = "user-42";
