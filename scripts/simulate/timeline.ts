/** Virtual time: what is to happen, in order. What is due at one moment happens in the order in which it was planned. */
export class Timeline {
  /** Virtual ms. */
  now = 0;
  readonly #times: number[] = [];
  readonly #orders: number[] = [];
  readonly #events: Array<() => void> = [];
  #planned = 0;

  /** Plans `event` for `delay` ms from now. */
  after(delay: number, event: () => void): void {
    this.#insert(this.now + Math.max(0, delay), this.#planned++, event);
  }

  /** Lets time pass until `end`. */
  run(end: number): void {
    while (this.#events.length > 0 && this.#times[0]! <= end) {
      this.now = this.#times[0]!;
      this.#takeFirst()();
    }
    this.now = Math.max(this.now, end);
  }

  #before(a: number, b: number): boolean {
    const [times, orders] = [this.#times, this.#orders];
    return times[a]! < times[b]! || (times[a] === times[b] && orders[a]! < orders[b]!);
  }

  #swap(a: number, b: number): void {
    for (const list of [this.#times, this.#orders]) [list[a], list[b]] = [list[b]!, list[a]!];
    [this.#events[a], this.#events[b]] = [this.#events[b]!, this.#events[a]!];
  }

  /** A binary heap. */
  #insert(time: number, order: number, event: () => void): void {
    let at = this.#events.push(event) - 1;
    this.#times.push(time);
    this.#orders.push(order);
    for (let parent = (at - 1) >> 1; at > 0 && this.#before(at, parent); parent = (at - 1) >> 1) {
      this.#swap(at, parent);
      at = parent;
    }
  }

  #takeFirst(): () => void {
    const first = this.#events[0]!;
    const last = this.#events.length - 1;
    this.#swap(0, last);
    this.#events.pop();
    this.#times.pop();
    this.#orders.pop();
    for (let at = 0; ; ) {
      let child = 2 * at + 1;
      if (child >= last) return first;
      if (child + 1 < last && this.#before(child + 1, child)) child++;
      if (!this.#before(child, at)) return first;
      this.#swap(at, child);
      at = child;
    }
  }
}
