import { readdirSync, readFileSync } from "node:fs";

/** Kernel ticks a second in /proc/PID/stat: 100 on every Linux that runs workerd. */
const TICKS_PER_SECOND = 100;

/**
 * CPU time a process has used, in microseconds; undefined where there is no /proc.
 * The sum of its threads' schedstat (nanoseconds); utime + stime (10 ms steps) where the kernel keeps none.
 */
export function cpuMicroseconds(pid: number): number | undefined {
  try {
    return fromSchedstat(pid) ?? fromStat(pid);
  } catch {
    return undefined;
  }
}

function fromSchedstat(pid: number): number | undefined {
  let nanoseconds = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1").split(" ")[0]);
    } catch {
      return undefined;
    }
  }
  return nanoseconds > 0 ? nanoseconds / 1000 : undefined;
}

function fromStat(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The second field is the program's name in parentheses and may hold spaces: count from behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6;
}
