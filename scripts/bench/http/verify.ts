import type { ChildProcess } from "node:child_process";
import { ask } from "../processes.ts";
import { type Answer, Connection, requestBytes } from "./http-exchange.ts";
import { ORIGIN_BODY, type OriginCommand, type OriginReport } from "./origin.ts";
import { ADDRESS, measuredHeaders, type Subject } from "./subjects.ts";
import { SUBJECT } from "./workers/claims.ts";

/** What a request led to: the answer, and the head of what the origin received, "" for nothing. */
interface Outcome {
  readonly answer: Answer;
  readonly received: string;
}

/** A subject under test. */
interface Probe {
  readonly subject: Subject;
  readonly token: string;
  /** Sends one request with the measured headers. @param changes to those headers; undefined leaves one out. */
  send(path: string, changes?: Readonly<Record<string, string | undefined>>): Promise<Outcome>;
  /** @throws an error that names the subject and the broken promise. */
  promise(kept: boolean, what: string, seen: Outcome): void;
}

/**
 * Holds a subject to what it promises, so that nobody is measured doing less than they claim.
 * @throws an error that names the subject and the broken promise.
 */
export async function verify(
  subject: Subject,
  port: number,
  token: string,
  origin: ChildProcess,
): Promise<void> {
  const { authenticates, identityField, limits, proxies } = subject.promises;
  const probe: Probe = {
    subject,
    token,
    async send(path, changes = {}) {
      const headers: Record<string, string> = measuredHeaders(authenticates ? token : undefined);
      for (const [name, value] of Object.entries(changes)) {
        if (value === undefined) delete headers[name];
        else headers[name] = value;
      }
      const connection = await Connection.open(port);
      await lastHead(origin);
      const answer = await connection.exchange(requestBytes(port, path, headers));
      connection.close();
      return { answer, received: await lastHead(origin) };
    },
    promise(kept, what, { answer, received }) {
      if (kept) return;
      const shown = `answer:\n${answer.head}\n${answer.body}\n\nat the origin:\n${received}`;
      throw new Error(`${subject.name} does not keep its promise: ${what}\n${shown}`);
    },
  };
  await answers(probe);
  if (authenticates) await authenticatesCallers(probe);
  if (identityField !== undefined) await namesCallers(probe, identityField);
  if (limits) await statesLimits(probe);
  if (proxies) await proxiesSafely(probe);
}

async function answers({ subject, send, promise }: Probe): Promise<void> {
  const { path, answer: expected } = subject.promises;
  const first = await send(path);
  promise(first.answer.status === 200, "it answers 200", first);
  const right = expected === "composed" ? isComposed(first.answer) : isOrigins(first.answer);
  promise(right, "it gives the right body", first);
  if (expected !== "stored") return;
  const hit = await send(path);
  promise(hit.answer.status === 200 && isOrigins(hit.answer), "a hit is the same", hit);
  promise(hit.received === "", "a hit does not reach the origin", hit);
}

async function authenticatesCallers({ subject, token, send, promise }: Probe): Promise<void> {
  const { path } = subject.promises;
  const anonymous = await send(path, { authorization: undefined });
  promise(anonymous.answer.status === 401, "it answers 401 without a token", anonymous);
  promise(anonymous.received === "", "callers without a token do not reach the origin", anonymous);
  const forged = await send(path, { authorization: `Bearer ${token.slice(0, -8)}AAAAAAAA` });
  promise(forged.answer.status === 401, "it answers 401 to a forged token", forged);
}

async function namesCallers({ subject, send, promise }: Probe, identityField: string): Promise<void> {
  const outcome = await send(subject.promises.path);
  const { received } = outcome;
  promise(field(received, identityField) === SUBJECT, `the caller is in ${identityField}`, outcome);
  promise(field(received, "authorization") === undefined, "the origin does not get the token", outcome);
}

async function statesLimits({ subject, send, promise }: Probe): Promise<void> {
  const outcome = await send(subject.promises.path);
  const state = field(outcome.answer.head, "ratelimit") ?? "";
  promise(/^"[^"]+";r=\d+;t=\d+$/.test(state), "it states RateLimit", outcome);
  promise(
    field(outcome.answer.head, "ratelimit-policy") !== undefined,
    "it states RateLimit-Policy",
    outcome,
  );
}

async function proxiesSafely({ subject, send, promise }: Probe): Promise<void> {
  const { path } = subject.promises;
  const spoofed = { "x-identity-id": "root", "x-forwarded-for": "10.0.0.1" };
  const outcome = await send(path, { ...spoofed, connection: "x-secret", "x-secret": "1" });
  const { answer, received } = outcome;
  for (const name of ["x-request-id", "traceparent"]) {
    const shown = field(answer.head, name);
    promise(
      shown !== undefined && field(received, name) === shown,
      `${name} is the same on both sides`,
      outcome,
    );
  }
  promise(field(received, "x-forwarded-for") === ADDRESS, "X-Forwarded-For cannot be spoofed", outcome);
  promise(field(received, "forwarded") !== undefined, "it sets Forwarded", outcome);
  promise(field(received, "x-identity-id") !== "root", "an identity cannot be spoofed", outcome);
  promise(field(received, "x-secret") === undefined, "what Connection names is stripped", outcome);
  const dirty = await send(path.replace("/42", "/%2e%2e%2f42"));
  promise(dirty.answer.status === 400, "it refuses an encoded slash", dirty);
}

async function lastHead(origin: ChildProcess): Promise<string> {
  const report = await ask<OriginReport>(origin, "last" satisfies OriginCommand);
  return "lastHead" in report ? report.lastHead : "";
}

/** The value of a header field, or undefined. */
function field(head: string, name: string): string | undefined {
  return new RegExp(`\\r\\n${name}: *([^\\r]*)\\r\\n`, "i").exec(head)?.[1];
}

function isOrigins({ body }: Answer): boolean {
  return body.toString() === ORIGIN_BODY;
}

function isComposed({ body }: Answer): boolean {
  const parts: unknown[] = Object.values(JSON.parse(body.toString()));
  return parts.length === 4 && parts.every((part) => JSON.stringify(part) === ORIGIN_BODY);
}
