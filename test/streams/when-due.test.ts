import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { whenDue } from "../../src/streams/when-due.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const now = () => Date.now();

it("calls once when the time has come", () => {
  const due = vi.fn();
  whenDue(() => 1_500, now, due);
  vi.advanceTimersByTime(499);
  expect(due).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(due).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(10_000);
  expect(due).toHaveBeenCalledOnce();
});

it("waits on where the time has moved on meanwhile", () => {
  const due = vi.fn();
  let at = 1_500;
  whenDue(() => at, now, due);
  vi.advanceTimersByTime(400);
  at = 1_900;
  vi.advanceTimersByTime(499);
  expect(due).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(due).toHaveBeenCalledOnce();
});

it("calls at once where the time is past", () => {
  const due = vi.fn();
  whenDue(() => 1_000, now, due);
  expect(due).toHaveBeenCalledOnce();
});

it("never calls once it is called off", () => {
  const due = vi.fn();
  whenDue(() => 1_500, now, due)();
  vi.advanceTimersByTime(10_000);
  expect(due).not.toHaveBeenCalled();
});

it("sets no timer for what is never due", () => {
  whenDue(
    () => Number.POSITIVE_INFINITY,
    now,
    () => {},
  );
  expect(vi.getTimerCount()).toBe(0);
});

it("waits for longer than a timer takes", () => {
  const due = vi.fn();
  const year = 365 * 24 * 3_600_000;
  whenDue(() => 1_000 + year, now, due);
  vi.advanceTimersByTime(year - 1);
  expect(due).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(due).toHaveBeenCalledOnce();
});
