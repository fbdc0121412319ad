import { vi } from "vitest";

/** What comes of work that only time ends. Real timers now and then never ring inside workerd. */
export async function afterMs<T>(ms: number, work: () => T): Promise<Awaited<T>> {
  vi.useFakeTimers();
  try {
    const done = work();
    await vi.advanceTimersByTimeAsync(ms);
    return await done;
  } finally {
    vi.useRealTimers();
  }
}
