import type { Algorithm } from "./algorithm.ts";
import type { AlgorithmName } from "./counter-store.ts";
import { fixedWindow } from "./fixed-window.ts";
import { slidingWindow } from "./sliding-window.ts";
import { tokenBucket } from "./token-bucket.ts";

/** Every algorithm by its name. */
export const algorithms: Readonly<Record<AlgorithmName, Algorithm>> = {
  slidingWindow,
  fixedWindow,
  tokenBucket,
};
