import { create, options } from "../../../src/actions/compose/compose.ts";
import type { ComposeDeclaration } from "../../../src/actions/compose/declare.ts";
import { Budget } from "../../../src/budget.ts";
import type { KeyedContext } from "../../../src/context.ts";
import type { ErrorCode } from "../../../src/errors/catalog.ts";
import { RefusalError, refuse } from "../../../src/errors/refusal.ts";
import type { Identity } from "../../../src/identity/identity.ts";
import type { AccessRecord } from "../../../src/observe/record.ts";
import type { Dispatch, Tools } from "../../../src/policies/policy.ts";
import { upstream } from "../../../src/upstream/declare.ts";
import type { Upstream, UpstreamRequest } from "../../../src/upstream/upstream.ts";

export const DEADLINE = 10_000;

/** One call that an origin has received; the test decides when and how it is answered. */
export class Call {
  readonly request: UpstreamRequest;
  readonly response: Promise<Response>;
  /** Whether the gateway gave the answer's body up. */
  cancelled = false;
  #resolve!: (response: Response) => void;
  #reject!: (error: unknown) => void;

  constructor(request: UpstreamRequest) {
    this.request = request;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.response.catch(() => {});
  }

  get url(): string {
    return this.request.path + this.request.search;
  }

  get aborted(): boolean {
    return this.request.controller?.signal.aborted ?? false;
  }

  json(value: unknown, init: ResponseInit = {}): void {
    this.text(JSON.stringify(value), init);
  }

  text(text: string, init: ResponseInit = {}): void {
    const body = this.stream(init);
    body.push(text);
    body.close();
  }

  empty(status: number): void {
    this.#resolve(new Response(null, { status }));
  }

  /** Answers with headers only; the body comes when the test says so. */
  stream(init: ResponseInit = {}) {
    let controller!: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start: (given) => {
        controller = given;
      },
      cancel: () => {
        this.cancelled = true;
      },
    });
    this.#resolve(new Response(body, init));
    return {
      push: (text: string) => controller.enqueue(new TextEncoder().encode(text)),
      close: () => controller.close(),
      break: () => controller.error(new Error("connection reset")),
    };
  }

  refuse(code: ErrorCode): void {
    this.#reject(new RefusalError(refuse(code, { cause: "as the test says" })));
  }

  throw(error: unknown): void {
    this.#reject(error);
  }
}

/** An upstream that only notes what is sent. */
export class FakeOrigin implements Upstream {
  readonly name: string;
  readonly calls: Call[] = [];
  #seen = 0;
  #wake: (() => void) | undefined;

  constructor(name: string) {
    this.name = name;
  }

  send(request: UpstreamRequest): Promise<Response> {
    const call = new Call(request);
    this.calls.push(call);
    this.#wake?.();
    return call.response;
  }

  /** The next call, as soon as there is one. */
  async next(): Promise<Call> {
    while (this.calls.length <= this.#seen) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.calls[this.#seen++]!;
  }
}

export const accounts = upstream("accounts", { origin: "https://accounts.example" });
export const orders = upstream("orders", { origin: "https://orders.example" });
export const stock = upstream("stock", { origin: "https://stock.example" });

/** What a test may say of the request. */
export interface Given {
  readonly search?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly identity?: Partial<Identity>;
  readonly now?: () => number;
  readonly deadline?: number;
  readonly dispatch?: Dispatch;
}

const SOMEBODY: Identity = {
  id: "issuer|subject",
  subject: "subject",
  issuer: "issuer",
  claims: {},
  scopes: [],
  credential: "jwt",
};

/** A composition that is ready to run against origins that the test plays. */
export function composed(declaration: ComposeDeclaration) {
  const compiled = options().parse(declaration);
  const origins = {
    accounts: new FakeOrigin("accounts"),
    orders: new FakeOrigin("orders"),
    stock: new FakeOrigin("stock"),
  };
  // Through JSON, as the build's result reaches the Worker.
  const steps = compiled.steps.map(({ upstream: declared, ...step }) => ({
    ...(JSON.parse(JSON.stringify(step)) as typeof step),
    upstream: declared && origins[declared.name as keyof typeof origins],
  }));
  const run = (given: Given = {}) => {
    const now = given.now ?? (() => 0);
    const dispatch = given.dispatch ?? (() => Promise.reject(new Error("no route is called here")));
    const action = create({ steps, merge: compiled.merge }, { deps: { now }, dispatch } as unknown as Tools);
    const record: AccessRecord = {};
    const answer = Promise.resolve(action(context(given, record, now())));
    // Tests look at it later.
    answer.catch(() => {});
    return { answer, record };
  };
  return { ...origins, run };
}

function context(given: Given, record: AccessRecord, now: number): KeyedContext {
  const { search = "", params = {} } = given;
  const headers = new Headers(given.headers);
  const query = new URLSearchParams(search);
  const identity = given.identity && { ...SOMEBODY, ...given.identity };
  const request = { id: "request-1", method: "GET", path: "/storefront" };
  return {
    ...request,
    exposure: "private",
    trace: { traceId: "1".repeat(32), parentId: "2".repeat(16), flags: "01", state: undefined },
    address: "192.0.2.1",
    host: "api.example",
    scheme: "https",
    record,
    execution: { waitUntil() {} },
    budget: new Budget(now + (given.deadline ?? DEADLINE)),
    depth: 0,
    plan: { road: { withheld: new Set() } },
    search,
    params,
    query,
    headers,
    body: null,
    identity,
    scope: () => ({ params, query, headers, identity, request }),
  } as unknown as KeyedContext;
}

/** The refusal that an answer was turned down with. */
export async function refusalOf(answer: Promise<Response>) {
  const error = await answer.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RefusalError)) throw new Error("was not refused", { cause: error });
  const { code, details } = error.refusal;
  return { code, ...details.extensions };
}

/** Lets everything happen that waits for nothing. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}
