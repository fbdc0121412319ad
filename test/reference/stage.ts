// The worker that examples are played in: all of them behind one address, with a clock and a network of their own.
// Everything else is the gateway as it is deployed.
import { type Scene, type Seen, STAGE_HEADER } from "./stage-messages.ts";
import type { ScriptedAnswer } from "./transcript.ts";

/** Where the examples' issuer publishes its keys. */
export const KEYS_URL = "https://login.example/keys";

let scene: Scene = { example: "", now: 0, answers: [], keys: undefined, isLive: false };
let seen: Seen[] = [];
let left: ScriptedAnswer[] = [];
/** Real time since the scene began, where something in it is waited for; else time stands still. */
let elapsed = () => 0;

const realNow = Date.now;
const realFetch = globalThis.fetch;
Date.now = () => scene.now + elapsed();
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  if (request.url === KEYS_URL) return Response.json(scene.keys);
  const { method, url } = request;
  // Callers' programs serve too: they are whom the gateway tells.
  if (scene.isLive && new URL(url).hostname === "127.0.0.1") return realFetch(request);
  const body = request.body === null ? "" : await request.text();
  seen.push({ method, url, headers: [...request.headers], body });
  const index = left.findIndex((answer) => answer.method === method && answer.url === url);
  const [answer] = index < 0 ? [] : left.splice(index, 1);
  if (answer !== undefined) return play(answer, init?.signal);
  return scene.isLive
    ? Response.json({ method, url, headers: Object.fromEntries(request.headers), body })
    : new Response("not in the script", { status: 500 });
};

function play(
  { status, headers, body, stalls }: ScriptedAnswer,
  signal?: AbortSignal | null,
): Promise<Response> | Response {
  if (status === "unreachable") throw new TypeError("Network connection lost.");
  if (status === "never") {
    return new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }
  if (status === 101) {
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    server.accept();
    return new Response(null, { status, webSocket: client });
  }
  const fields = new Headers(/^[[{]/.test(body) ? { "content-type": "application/json" } : {});
  for (const [name, value] of headers) fields.set(name, value);
  const isEvents = fields.get("content-type") === "text/event-stream";
  const bytes = new TextEncoder().encode(isEvents ? `${body}\n\n` : body);
  return new Response(stalls ? unended(bytes) : body === "" ? null : bytes, { status, headers: fields });
}

/** A body that begins and does not end. */
function unended(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.enqueue(bytes) });
}

/** Whether time must pass for the scene to end. */
function waits({ answers, isLive }: Scene): boolean {
  return isLive || answers.some(({ status, stalls }) => status === "never" || stalls);
}

function flowing(): () => number {
  const began = realNow();
  return () => realNow() - began;
}

/** Makes the worker of the examples. @param makers of the Worker of each, by name */
export function stage<Env>(
  makers: Readonly<Record<string, () => ExportedHandler<Env>>>,
): ExportedHandler<Env> {
  const examples = new Map<string, ExportedHandler<Env>>();
  return {
    async fetch(request, env, ctx) {
      switch (request.headers.get(STAGE_HEADER)) {
        case "set":
          scene = await request.json<Scene>();
          left = [...scene.answers];
          seen = [];
          elapsed = waits(scene) ? flowing() : () => 0;
          // Anew for a program, so that what objects send goes by it.
          if (scene.isLive || !examples.has(scene.example))
            examples.set(scene.example, makers[scene.example]!());
          return new Response();
        case "report":
          return Response.json(seen);
        default:
          return examples.get(scene.example)!.fetch!(request, env, ctx);
      }
    },
  };
}
