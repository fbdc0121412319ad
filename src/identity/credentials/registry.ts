import type * as z from "zod";
import * as jwt from "./jwt.ts";

/** Every credential, by the name of its constructor. */
export const credentials = { jwt } as const;

/** What each constructor takes. */
export type CredentialOptions = {
  [Name in keyof typeof credentials]: z.input<ReturnType<(typeof credentials)[Name]["options"]>>;
};
