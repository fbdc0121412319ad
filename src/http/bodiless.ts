/** Statuses whose answers have no body (RFC 9110 §15.3.5, §15.3.6, §15.4.5). */
export const BODILESS: readonly number[] = [204, 205, 304];
