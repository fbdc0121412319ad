import { describe, expect, it } from "vitest";
import { isCredentialName } from "../../src/http/credential-name.ts";

describe("a name", () => {
  it.each([
    ...["Authorization", "Proxy-Authorization", "X-Original-Authorization", "Cookie", "Set-Cookie", "DPoP"],
    ...["X-API-Key", "apikey", "api_key", "Ocp-Apim-Subscription-Key", "x-functions-key", "X-Auth"],
    ...["X-Vault-Token", "X-CSRF-Token", "x-amz-security-token", "X-Amz-Signature", "X-Amz-Credential"],
    ...[
      "access_token",
      "accessToken",
      "id_token",
      "client_secret",
      "clientSecret",
      "password",
      "newPassword",
    ],
    ...[
      "cf-access-jwt-assertion",
      "client_assertion",
      "SAMLResponse",
      "sig",
      "jwt",
      "x-session-id",
      "PHPSESSID",
    ],
  ])("%s is a credential's", (name) => {
    expect(isCredentialName(name)).toBe(true);
  });

  it.each([
    ...[
      "",
      "WWW-Authenticate",
      "Access-Control-Allow-Credentials",
      "x-identity-credential",
      "Idempotency-Key",
    ],
    ...["token_type", "max_tokens", "tokens", "cookies", "session_count", "design", "assign", "key", "code"],
    ...["author", "monkey", "X-Request-Id", "Signature-Input", "password_changed_at"],
  ])("%s is not", (name) => {
    expect(isCredentialName(name)).toBe(false);
  });
});
