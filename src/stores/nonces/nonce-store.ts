/** What may be used once only: ids of signed requests, so that a copy of one is refused. */
export interface NonceStore {
  /**
   * Uses a key: true the first time, false where it was used before and `until` of that use has not passed.
   * Whatever is used must have been proved before: every key costs a write, and is kept.
   * Rejects where the store cannot be asked: then the key may have been used or not.
   * @param key any text, told apart by whoever uses it: begin it with what it is for
   * @param until ms since the epoch, by which nobody would accept the key any more
   */
  use(key: string, until: number): Promise<boolean>;
}
