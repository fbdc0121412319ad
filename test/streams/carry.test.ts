import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Carriage, carry } from "../../src/streams/carry.ts";
import { latestEnd } from "../../src/streams/latest-end.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const text = (bytes: BufferSource | undefined) => new TextDecoder().decode(bytes);
const encode = (said: string) => new TextEncoder().encode(said);
const NEVER = latestEnd(undefined, undefined, 0);

/** A body on its way: the upstream writes on the one end, the client reads at the other. */
function journey(given: Partial<Carriage> = {}) {
  const up = new IdentityTransformStream();
  const down =
    given.length === undefined ? new IdentityTransformStream() : new FixedLengthStream(given.length);
  const client = new AbortController();
  const carried = carry(up.readable, down.writable, {
    length: undefined,
    bounds: { idle: Number.POSITIVE_INFINITY, end: NEVER },
    resumable: false,
    gone: client.signal,
    now: () => Date.now(),
    ...given,
  });
  return {
    upstream: up.writable.getWriter(),
    client: down.readable.getReader(),
    leave: () => client.abort(),
    carried,
  };
}

/** Sends until nobody takes it any more. */
async function sendOn({ upstream }: ReturnType<typeof journey>): Promise<never> {
  for (;;) await upstream.write(encode("more"));
}

/** Sends a piece and takes it at the other end. */
async function pass({ upstream, client }: ReturnType<typeof journey>, said: string): Promise<void> {
  const writing = upstream.write(encode(said));
  expect(text((await client.read()).value)).toBe(said);
  await writing;
}

describe("a body", () => {
  it("is carried whole", async () => {
    const trip = journey();
    await pass(trip, "hello ");
    await pass(trip, "world");
    const closing = trip.upstream.close();
    expect((await trip.client.read()).done).toBe(true);
    await closing;
    expect(await trip.carried).toEqual({ bytes: 11 });
  });

  it("that breaks off is the upstream's fault, and breaks off for the client", async () => {
    const trip = journey();
    await pass(trip, "half");
    const reading = trip.client.read();
    trip.upstream.abort(new Error("connection lost")).catch(() => {});
    await expect(reading).rejects.toThrow("connection lost");
    expect(await trip.carried).toEqual({ bytes: 4, fault: "upstream", cause: new Error("connection lost") });
  });

  it("that is shorter than it said is too", async () => {
    const trip = journey({ length: 8 });
    await pass(trip, "half");
    const reading = trip.client.read();
    trip.upstream.close().catch(() => {});
    await expect(reading).rejects.toThrow();
    expect(await trip.carried).toMatchObject({ bytes: 4, fault: "upstream" });
  });

  it("that the client does not want any more is the client's, and the upstream is let go", async () => {
    const trip = journey();
    await pass(trip, "half");
    await trip.client.cancel("enough");
    await expect(sendOn(trip)).rejects.toBeDefined();
    expect(await trip.carried).toMatchObject({ bytes: 4, fault: "client" });
  });

  it("whose client has gone ends at once, though nothing is to be written", async () => {
    const trip = journey();
    await pass(trip, "half");
    trip.leave();
    expect(await trip.carried).toMatchObject({ fault: "client", cause: "the client has gone" });
    await expect(sendOn(trip)).rejects.toBeDefined();
  });
});

describe("a bounded body", () => {
  const idle = { idle: 1_000, end: NEVER };

  it("goes on for as long as it moves", async () => {
    const trip = journey({ bounds: idle });
    for (let count = 0; count < 5; count++) {
      await vi.advanceTimersByTimeAsync(999);
      await pass(trip, "x");
    }
    const closing = trip.upstream.close();
    await trip.client.read();
    await closing;
    expect(await trip.carried).toEqual({ bytes: 5 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("breaks off when nothing comes", async () => {
    const trip = journey({ bounds: idle });
    await pass(trip, "half");
    const reading = trip.client.read();
    reading.catch(() => {});
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(reading).rejects.toThrow("nothing came from the upstream for 1000 ms");
    expect(await trip.carried).toMatchObject({ bytes: 4, fault: "upstream" });
    await expect(sendOn(trip)).rejects.toBeDefined();
  });

  it("ends well when nothing comes, where its reader comes back", async () => {
    const trip = journey({ bounds: idle, resumable: true });
    await pass(trip, "event");
    const reading = trip.client.read();
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await reading).done).toBe(true);
    expect(await trip.carried).toMatchObject({ bytes: 5, fault: "upstream" });
    await expect(sendOn(trip)).rejects.toBeDefined();
  });

  it.each([true, false])("breaks off when nothing is taken (resumable %s)", async (resumable) => {
    const trip = journey({ bounds: idle, resumable });
    const writing = trip.upstream.write(encode("never read"));
    writing.catch(() => {});
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await trip.carried).toEqual({
      bytes: 0,
      fault: "client",
      cause: "the client took nothing for 1000 ms",
    });
    await expect(trip.client.read()).rejects.toThrow();
    await expect(sendOn(trip)).rejects.toBeDefined();
  });

  it("ends when its time is over, by nobody's fault", async () => {
    const end = { at: Date.now() + 2_500, reason: "credential expired", expiry: true };
    const trip = journey({ bounds: { idle: 1_000, end }, resumable: true });
    await vi.advanceTimersByTimeAsync(900);
    await pass(trip, "a");
    await vi.advanceTimersByTimeAsync(900);
    await pass(trip, "b");
    const reading = trip.client.read();
    await vi.advanceTimersByTimeAsync(700);
    expect((await reading).done).toBe(true);
    expect(await trip.carried).toEqual({ bytes: 2, ended: "credential expired" });
  });

  it("whose time is over already is not begun", async () => {
    const end = { at: Date.now(), reason: "credential expired", expiry: true };
    const trip = journey({ bounds: { idle: 1_000, end }, resumable: true });
    expect((await trip.client.read()).done).toBe(true);
    expect(await trip.carried).toEqual({ bytes: 0, ended: "credential expired" });
  });
});
