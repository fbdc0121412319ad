import { afterAll, beforeAll } from "vitest";
import {
  type BuiltGateway,
  buildGateway,
  removeGateway,
  type ServedGateway,
  serveGateway,
} from "../support/gateway.ts";
import { type Origin, startOrigin } from "../support/origin.ts";

/** What a file of end-to-end tests has running. */
export interface Served {
  built: BuiltGateway;
  gateway: ServedGateway;
  origin: Origin;
}

/**
 * Builds and serves a manifest before a file's tests, beside an origin, and ends both after them.
 * @param variables the gateway's environment
 */
export function serve(
  manifest: string,
  variables: (origin: Origin) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>,
): Served {
  const served = {} as Served;
  beforeAll(async () => {
    [served.built, served.origin] = await Promise.all([buildGateway(manifest), startOrigin()]);
    served.gateway = await serveGateway(served.built, await variables(served.origin));
  });
  afterAll(async () => {
    await Promise.all([served.gateway?.stop(), served.origin?.stop()]);
    if (served.built !== undefined) await removeGateway(served.built);
  });
  return served;
}
