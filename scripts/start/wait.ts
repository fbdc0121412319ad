import { setTimeout as sleep } from "node:timers/promises";

/** Waits until the gateway answers that it is well; a check report counts as not yet. */
export async function waitUntilHealthy(base: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const response = await fetch(`${base}/_gateway/health`, { signal: AbortSignal.timeout(1_000) });
      await response.body?.cancel();
      if (response.ok) return;
    } catch {
      // Not listening yet, or in the middle of a reload.
    }
    await sleep(50, undefined, { signal }).catch(() => {});
  }
}

/** A token for the demo's first user; undefined where there is no demo issuer that gives one. */
export async function developmentToken(base: string): Promise<string | undefined> {
  try {
    const init = { method: "POST", signal: AbortSignal.timeout(5_000) };
    const response = await fetch(`${base}/issuer/token?user=ada`, init);
    const { access_token: token } = (await response.json()) as { access_token?: unknown };
    return typeof token === "string" ? token : undefined;
  } catch {
    return undefined;
  }
}
