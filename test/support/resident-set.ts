import { readFileSync } from "node:fs";

const EVERY_MS = 20;

/** Bytes of memory that a process has in RAM (Linux). */
function residentSet(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1_024;
}

/** By how many bytes a process's memory grows at most while something is done. */
export async function growthDuring(pid: number, work: () => Promise<void>): Promise<number> {
  const before = residentSet(pid);
  let peak = before;
  const look = () => {
    peak = Math.max(peak, residentSet(pid));
  };
  const timer = setInterval(look, EVERY_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  look();
  return peak - before;
}
