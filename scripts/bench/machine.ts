import { cpus } from "node:os";
import { workerdVersion } from "./workerd.ts";

/** What a run was measured on. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly platform: string;
  readonly node: string;
  readonly workerd: string;
}

export function machine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    workerd: workerdVersion(),
  };
}
