import type { credentials } from "../../identity/credentials/registry.ts";
import type { CredentialDeclaration } from "../../identity/declare.ts";
import { members } from "./members.ts";
import { tokenQuestions } from "./token-questions.ts";

type Declared = Pick<CredentialDeclaration, "options">;

/** What each kind of credential asks of stores and services at worst, for one request that is let through. */
const QUESTIONS: Readonly<Record<keyof typeof credentials, (declared: Declared) => number>> = {
  // The registry about the key and about what is new, and it is told of the key's use.
  apiKey: () => 3,
  basic: () => 0,
  externalAuth: () => 1,
  hmac: nonceQuestions,
  // Of several signatures the first that holds lets a request through, and is the only one to be used up.
  httpSignature: nonceQuestions,
  introspection: (declared) => 1 + tokenQuestions(declared),
  jwt: tokenQuestions,
  mtls: () => 0,
  // A session that is refreshed: who may do that, what the provider says of itself, the tokens, the provider's keys, and
  // that it is done.
  oidc: () => 5,
  webhook: copyQuestions,
};

/** How many questions one credential of a route asks at worst. Its type and options may be anything here. */
export function credentialQuestions(declared: Pick<CredentialDeclaration, "type" | "options">): number {
  const { registered } = members(declared.options);
  const own = Object.hasOwn(QUESTIONS, declared.type)
    ? QUESTIONS[declared.type as keyof typeof QUESTIONS](declared)
    : 0;
  // The registry about the consumer and about what is new.
  return own + (registered === undefined ? 0 : 2);
}

function nonceQuestions({ options }: Declared): number {
  return members(options).nonce === true ? 1 : 0;
}

/** Whoever tells no time of signing cannot have copies refused. */
function copyQuestions({ options }: Declared): number {
  const { provider, refuseCopies } = members(options);
  const isTimed =
    typeof provider === "string" ? provider !== "github" : members(provider).timestamp !== undefined;
  return isTimed && refuseCopies !== false ? 1 : 0;
}
