import { RefusalError, refuse } from "../../errors/refusal.ts";
import { BoundedBody } from "../../http/body.ts";
import type { App, AppBindings } from "../declare.ts";
import { type Asked, nearest } from "./nearest.ts";
import {
  bodyDigest,
  comparableTarget,
  type RecordedAnswer,
  type RecordedExchange,
  type Recording,
} from "./recording.ts";

/**
 * An origin that answers as another one did: what `npm run record` has written, imported as JSON. A request meets what
 * was recorded for its method, path, query and body. Where the answers to one request differed, they are played in
 * their order and the last one stays; each isolate begins with the first.
 */
export function recorded(recording: Recording): App {
  return new RecordedOrigin(recording);
}

/** In bytes: a request's body is read whole, to be compared. */
const BODY_LIMIT = 10_000_000;

/** An exchange, and which of its answers comes next. */
interface Playable {
  readonly exchange: RecordedExchange;
  next: number;
}

/** Made by {@link recorded}; the build judges its recording. */
export class RecordedOrigin implements App {
  readonly recording: Recording;
  #redacted: ReadonlySet<string> = new Set();
  #playables: Map<string, Playable[]> | undefined;

  constructor(recording: Recording) {
    this.recording = recording;
  }

  /** @throws RefusalError `not-recorded`, or `body-too-large` */
  async fetch(request: Request, { development }: Pick<AppBindings, "development">): Promise<Response> {
    this.#playables ??= this.#index();
    const { method } = request;
    const { pathname, search } = new URL(request.url);
    const target = comparableTarget(pathname + search, this.#redacted);
    const body = await digestOf(request);
    const methods = method === "HEAD" ? ["HEAD", "GET"] : [method];
    const candidates = methods.flatMap((each) => this.#playables?.get(keyOf(each, target, body)) ?? []);
    const playable = choose(candidates, request.headers);
    if (playable === undefined) throw this.#miss({ method, target, body }, candidates, development);
    const { answers } = playable.exchange;
    const answer = answers[Math.min(playable.next++, answers.length - 1)]!;
    return responseOf(answer, method);
  }

  #index(): Map<string, Playable[]> {
    const { redacted, exchanges } = this.recording;
    this.#redacted = new Set(redacted);
    const index = new Map<string, Playable[]>();
    for (const exchange of exchanges) {
      const key = keyOf(exchange.method, comparableTarget(exchange.target, this.#redacted), exchange.body);
      const list = index.get(key) ?? [];
      list.push({ exchange, next: 0 });
      index.set(key, list);
    }
    return index;
  }

  /** Who develops is told what is there instead; nobody else learns what a recording holds. */
  #miss(asked: Asked, candidates: readonly Playable[], development: boolean): RefusalError {
    const { origin, exchanges } = this.recording;
    const headers = [...new Set(candidates.flatMap(({ exchange }) => Object.keys(exchange.vary ?? {})))];
    const same = exchanges.some(({ method, target }) => method === asked.method && target === asked.target);
    const how = headers.length > 0 ? ` with this ${headers.join(", ")}` : same ? " with this body" : "";
    const detail = `The recording of ${origin} has no ${asked.method} ${asked.target}${how}.`;
    const shown = development && { detail, extensions: { nearest: nearest(asked, exchanges) } };
    return new RefusalError(refuse("not-recorded", { cause: detail, ...shown }));
  }
}

function keyOf(method: string, target: string, body: string | undefined): string {
  return `${method} ${target} ${body ?? ""}`;
}

async function digestOf({ body }: Request): Promise<string | undefined> {
  const bytes = body === null ? undefined : await new BoundedBody(body, BODY_LIMIT).bytes();
  if (bytes === undefined || bytes.byteLength === 0) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return bodyDigest(Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""));
}

/**
 * The one whose headers are the request's; the one that asks the most of them goes first. A recording that knows but
 * one answer gives it to everybody: its request may have come from another client.
 */
function choose(candidates: readonly Playable[], headers: Headers): Playable | undefined {
  const [only, ...others] = candidates;
  if (others.length === 0) return only;
  const wanted = ({ exchange }: Playable) => Object.entries(exchange.vary ?? {});
  return candidates
    .filter((each) => wanted(each).every(([name, value]) => headers.get(name) === value))
    .reduce<Playable | undefined>(
      (best, each) => (best === undefined || wanted(each).length > wanted(best).length ? each : best),
      undefined,
    );
}

function responseOf(answer: RecordedAnswer, method: string): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers))
    if (value !== undefined) headers.set(name, value);
  const body = method === "HEAD" ? null : bodyOf(answer);
  return new Response(body, { status: answer.status, headers });
}

/** Always bytes: a text would be given a `Content-Type` that the origin did not say. */
function bodyOf({ json, text, base64 }: RecordedAnswer): Uint8Array | null {
  if (json !== undefined) return new TextEncoder().encode(JSON.stringify(json));
  if (text !== undefined) return new TextEncoder().encode(text);
  if (base64 === undefined) return null;
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
