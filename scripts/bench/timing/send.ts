import type { ChildProcess } from "node:child_process";
import { ask } from "../processes.ts";
import type { Planned, Timed, TimingReport } from "./load.ts";

/** Has the client send requests, one after the other. @throws where a gateway does not answer */
export async function send(load: ChildProcess, planned: readonly Planned[]): Promise<Timed> {
  const report = await ask<TimingReport>(load, planned);
  if ("failed" in report) throw new Error(`a gateway failed: ${report.failed}`);
  return report;
}
