// What the tests use of a package that brings no types.
declare module "oidc-provider" {
  import type { IncomingMessage, ServerResponse } from "node:http";

  interface GrantContext {
    readonly oidc: { readonly params?: Readonly<Record<string, unknown>> };
  }

  export interface Configuration {
    readonly findAccount: (
      ctx: unknown,
      sub: string,
    ) => { readonly accountId: string; claims(): Promise<Readonly<Record<string, unknown>>> };
    readonly [option: string]: unknown;
  }

  export class Provider {
    constructor(issuer: string, configuration: Configuration);
    on(event: "grant.success" | "grant.error", listener: (ctx: GrantContext) => void): this;
    on(event: "backchannel.success", listener: () => void): this;
    on(event: "backchannel.error", listener: (ctx: unknown, error: Error) => void): this;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  }
}
