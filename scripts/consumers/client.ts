import type { Gateway } from "../admin/gateway.ts";
import { Failure, Stale } from "./failure.ts";

/** A JSON object that the admin API answers with. */
export type Item = Readonly<Record<string, unknown>>;

/** What a call holds beside method and path. */
export interface Details {
  readonly body?: object;
  /** Of the consumer, as it was seen. */
  readonly version?: number;
  /** To do it again changes nothing: it needs no Idempotency-Key. */
  readonly isRepeatable?: boolean;
}

/** What came of a call. */
export interface Answer {
  readonly status: number;
  readonly body: Item;
}

/** What a client needs of its surroundings. */
export interface Surroundings {
  readonly fetch: typeof fetch;
  readonly wait: (ms: number) => Promise<void>;
  /** The Idempotency-Key of what this command writes, however often it is tried. */
  readonly once: string;
}

const PATIENCE_MS = 30_000;
/** Before each further attempt, in ms. */
const PAUSES = [250, 500, 1_000];
/** Failures before anything was sent. */
const UNSENT = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"];
/** Answers of whoever stands before the gateway, or of a gateway that cannot tell at the moment. */
const FLEETING = [502, 503, 504];

/** Speaks to `/_gateway/consumers` of a running gateway. */
export class AdminClient {
  readonly #gateway: Gateway;
  readonly #surroundings: Surroundings;
  #isWriting = false;

  constructor(gateway: Gateway, surroundings: Surroundings) {
    this.#gateway = gateway;
    this.#surroundings = surroundings;
  }

  /** Whether something is being written of which nobody knows yet whether it is done. */
  get isWriting(): boolean {
    return this.#isWriting;
  }

  /** Reads. @throws Failure */
  async get(path: string): Promise<Item> {
    return (await this.#ask("GET", path, {})).body;
  }

  /** Reads a list to its end. @param name of the list in each part. @throws Failure */
  async *pages(path: string, name: string, limit = 500): AsyncGenerator<readonly Item[]> {
    const joint = path.includes("?") ? "&" : "?";
    for (let after = ""; ; ) {
      const page = await this.get(`${path}${joint}limit=${limit}${after}`);
      yield (page[name] ?? []) as readonly Item[];
      if (page.next === undefined) return;
      after = `&after=${encodeURIComponent(String(page.next))}`;
    }
  }

  /** Reads a list to its end. @throws Failure */
  async all(path: string, name: string): Promise<Item[]> {
    const found: Item[] = [];
    for await (const page of this.pages(path, name)) found.push(...page);
    return found;
  }

  /** Writes, once however often it has to be tried. @throws Failure; Stale where the version is not the latest */
  async write(method: "POST" | "PATCH" | "DELETE", path: string, details: Details = {}): Promise<Answer> {
    this.#isWriting = details.isRepeatable !== true;
    const answer = await this.#ask(method, path, details);
    this.#isWriting = false;
    return answer;
  }

  async #ask(method: string, path: string, details: Details): Promise<Answer> {
    let isSent = false;
    for (let attempt = 0; ; attempt++) {
      const pause = PAUSES[attempt];
      try {
        const { ok, status, body } = await this.#send(method, path, details);
        if (ok && body !== undefined) return { status, body };
        // What the gateway refuses it has not done.
        if (!FLEETING.includes(status)) this.#isWriting = false;
        if (!FLEETING.includes(status) || pause === undefined)
          throw refusal({ status, body: body ?? {} }, this.#gateway.base);
        isSent = true;
      } catch (error) {
        if (error instanceof Failure) throw error;
        const { code, text } = causeOf(error);
        isSent ||= !UNSENT.includes(code);
        if (pause === undefined) {
          if (!isSent) this.#isWriting = false;
          throw new Failure(`${this.#gateway.base} cannot be asked: ${text}`);
        }
      }
      await this.#surroundings.wait(pause);
    }
  }

  async #send(method: string, path: string, { body, version, isRepeatable = method === "GET" }: Details) {
    const { base, credential } = this.#gateway;
    const response = await this.#surroundings.fetch(`${base}/_gateway/consumers${path}`, {
      method,
      headers: {
        authorization: `Bearer ${credential}`,
        ...(!isRepeatable && { "idempotency-key": this.#surroundings.once }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(version !== undefined && { "if-match": `"${version}"` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // A redirect could take the credential elsewhere.
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const { status, ok } = response;
    return { status, ok, body: itemOf(await response.text()) };
  }
}

function refusal({ status, body }: Answer, base: string): Failure {
  const { code, title, detail, requestId } = body;
  if (code === undefined)
    return new Failure(`${base} answered ${status}, and not as an Isogate gateway does.`);
  if (code === "route-not-found") {
    return new Failure(
      `${base} has no consumers: it has no ISOGATE_ADMIN_SECRET, or no route takes API keys.`,
    );
  }
  const what = status === 401 ? `${base} does not take this credential` : (detail ?? title);
  const text = `${String(what).replace(/\.$/, "")}. (${status} ${code}, request ${requestId})`;
  const conflicts = (body.conflicts ?? []) as readonly Item[];
  const listed = conflicts.map((each) => `\n  ${each.detail}`).join("");
  return status === 412 ? new Stale(text) : new Failure(text + listed);
}

/** Undefined for what no gateway answers: something that is neither empty nor a JSON object. */
function itemOf(text: string): Item | undefined {
  if (text === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Item) : undefined;
  } catch {
    return undefined;
  }
}

function causeOf(error: unknown): { readonly code: string; readonly text: string } {
  if (!(error instanceof Error)) return { code: "", text: String(error) };
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = "code" in cause ? String(cause.code) : "";
  return { code, text: cause.message || code };
}
