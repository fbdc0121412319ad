// An OAuth 2 authorization server and the origin that takes its tokens, in a process of its own. Started by
// authorization-server.ts; POST /control tells it how to behave.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { importJWK, type JWK, jwtVerify } from "jose";
import type { AuthorizationServerState, Behaviour } from "./authorization-server.ts";

const behaviour: { -readonly [K in keyof Behaviour]: Behaviour[K] } = {
  lifetime: 600,
  delay: 0,
  answer: "token",
};
let tokens = new Map<string, string>();
let requests: Array<Readonly<Record<string, string>>> = [];
let attempts = 0;
let meanwhile = 0;
let asking = 0;
let clientKey: JWK | undefined;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of request.setEncoding("utf8")) text += piece;
  return text;
}

/** Who asks for a token: by Basic, in the body, or by an assertion. */
async function clientOf(request: IncomingMessage, form: URLSearchParams): Promise<string | undefined> {
  const assertion = form.get("client_assertion");
  if (assertion !== null && clientKey !== undefined) {
    const key = await importJWK(clientKey, "ES256");
    const { payload } = await jwtVerify(assertion, key, { audience: "https://login.example" });
    return payload.sub;
  }
  const [, basic = ""] = /^Basic (.*)$/.exec(request.headers.authorization ?? "") ?? [];
  const parts = Buffer.from(basic, "base64").toString().split(":");
  const [id, secret] =
    basic === "" ? [form.get("client_id"), form.get("client_secret")] : parts.map(formDecoded);
  return secret === "client s3cret/+%" ? (id ?? undefined) : undefined;
}

/** RFC 6749 §2.3.1: both parts are form-encoded before they are joined. */
function formDecoded(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

const server = createServer(async (request, response) => {
  const json = (status: number, body: unknown) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  const text = await bodyOf(request);
  switch (request.url?.split("?")[0]) {
    case "/control": {
      const { revoke, reset, key, ...changes } = JSON.parse(text) as Behaviour;
      Object.assign(behaviour, changes);
      if (revoke === true) tokens = new Map();
      if (key !== undefined) clientKey = key as JWK;
      if (reset === true) {
        requests = [];
        attempts = 0;
        meanwhile = 0;
      }
      return json(200, { requests, attempts, meanwhile } satisfies AuthorizationServerState);
    }
    case "/token": {
      const form = new URLSearchParams(text);
      requests.push(Object.fromEntries(form));
      asking++;
      await new Promise((resolve) => setTimeout(resolve, behaviour.delay));
      asking--;
      if (behaviour.answer === "error") return json(500, { error: "server_error" });
      if (behaviour.answer === "hang") return;
      const client = await clientOf(request, form).catch(() => undefined);
      if (client === undefined || behaviour.answer === "refuse")
        return json(401, { error: "invalid_client" });
      const token = randomUUID();
      tokens.set(token, form.get("subject_token") ?? client);
      return json(200, {
        access_token: token,
        token_type: "Bearer",
        expires_in: behaviour.lifetime,
        issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      });
    }
    default: {
      attempts++;
      if (asking > 0) meanwhile++;
      const [, token = ""] = /^Bearer (.*)$/.exec(request.headers.authorization ?? "") ?? [];
      const holder = tokens.get(token);
      if (holder === undefined) {
        response.setHeader("www-authenticate", 'Bearer error="invalid_token"');
        return json(401, { origin: "says no" });
      }
      return json(200, { holder, token, body: text, headers: request.headers });
    }
  }
});

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.(typeof address === "object" ? address?.port : 0);
});
process.once("disconnect", () => process.exit());
