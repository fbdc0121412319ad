/** What a background revalidation may take at most: work after the answer is cut off then, in ms. */
const CUT_OFF = 30_000;
const MOST = 1_000;

/**
 * Which keys this isolate is revalidating, so that a crowd on a stale entry sends one request to the origin.
 * A request that dies takes its revalidation with it and cannot say so: after a while its claim is void.
 */
export class Revalidations {
  readonly #begun = new Map<string, number>();

  /** @returns whether the caller is to revalidate: nobody else is. */
  begin(key: string, now: number): boolean {
    const begun = this.#begun.get(key);
    if (begun !== undefined && now - begun < CUT_OFF) return false;
    if (this.#begun.size >= MOST) this.#begun.clear();
    this.#begun.set(key, now);
    return true;
  }

  end(key: string): void {
    this.#begun.delete(key);
  }
}
