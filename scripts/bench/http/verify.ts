import type { ChildProcess } from "node:child_process";
import { ask } from "../processes.ts";
import { type Answer, Connection, requestBytes } from "./http-exchange.ts";
import { ORIGIN_BODY, type OriginCommand, type OriginReport } from "./origin.ts";
import type { Proof } from "./proof.ts";
import { ADDRESS, measuredHeaders, type Subject } from "./subjects.ts";

/** What a request led to: the answer, and the head of what the origin received, "" for nothing. */
interface Outcome {
  readonly answer: Answer;
  readonly received: string;
}

/** A subject under test. */
interface Probe {
  readonly subject: Subject;
  readonly proof: Proof;
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
  proof: Proof,
  origin: ChildProcess,
): Promise<void> {
  const { identity, limits, proxies } = subject.promises;
  const probe: Probe = {
    subject,
    proof,
    async send(path, changes = {}) {
      const headers: Record<string, string> = measuredHeaders(proof.callers[0] ?? {});
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
  await refusesOthers(probe);
  if (identity !== undefined) await namesCallers(probe, identity);
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

async function refusesOthers({ subject, proof, send, promise }: Probe): Promise<void> {
  for (const { what, fields, status } of proof.refused) {
    // Twice: the second time it may be known.
    for (let time = 0; time < 2; time++) {
      const outcome = await send(subject.promises.path, fields);
      promise(outcome.answer.status === status, `it answers ${status} ${what}`, outcome);
      promise(outcome.received === "", "who is refused does not reach the origin", outcome);
    }
  }
}

async function namesCallers(
  { subject, proof, send, promise }: Probe,
  identity: NonNullable<Subject["promises"]["identity"]>,
): Promise<void> {
  const spoofed = Object.fromEntries(Object.keys(identity).map((name) => [name, "root"]));
  for (const claimed of [{}, spoofed]) {
    const outcome = await send(subject.promises.path, claimed);
    const { received } = outcome;
    for (const [name, value] of Object.entries(identity))
      promise(field(received, name) === value, `the caller is in ${name}`, outcome);
    for (const name of Object.keys(proof.callers[0] ?? {}))
      promise(field(received, name) === undefined, "the origin is not shown what proves it", outcome);
  }
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
