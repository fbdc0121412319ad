import { readFileSync } from "node:fs";

/** Bytes of memory that a process has in RAM, from /proc. */
export function residentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
  return Number(kilobytes) * 1_024;
}
