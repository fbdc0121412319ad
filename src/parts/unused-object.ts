import { DurableObject } from "cloudflare:workers";

/**
 * Stands in for the objects of parts that a manifest does not use. wrangler.toml names them all, so that what they keep
 * stays where it is until a manifest uses it again.
 */
export class UnusedObject extends DurableObject {}
