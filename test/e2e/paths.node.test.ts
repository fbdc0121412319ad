import { describe, expect, it } from "vitest";
import { tableOf } from "../support/markdown-tables.ts";
import { ask, exchange, rawGet, statusOf } from "../support/raw-http.ts";
import { serve } from "./served.ts";

const served = serve("paths.ts", (origin) => ({ ORIGIN: origin.url }));

const seen = (answer: string) => /"url":"((?:[^"\\]|\\.)*)"/.exec(answer)?.[1];

describe("docs/paths.md says of a path", () => {
  it.each(tableOf("paths.md", "What a path becomes"))("%s that it becomes %s", async (sent, becomes) => {
    const answer = await rawGet(served.gateway.port, sent!);
    expect(statusOf(answer)).toBe(200);
    expect(seen(answer)).toBe(becomes);
  });

  it.each(tableOf("paths.md", "What is refused"))("%s that it is refused: %s", async (sent) => {
    const before = await served.origin.count();
    const answer = await rawGet(served.gateway.port, sent!);
    expect(statusOf(answer)).toBe(400);
    expect(answer).toContain('"code":"malformed-path"');
    expect(await served.origin.count()).toBe(before);
  });

  it.each(tableOf("paths.md", "Rules that no route can weaken"))(
    "under the rule %s that %s asks for a credential: %s",
    async (_, sent, asks) => {
      const before = await served.origin.count();
      const { status } = await ask(served.gateway.port, sent!);
      expect(status).toBe(asks === "yes" ? 401 : 200);
      expect(await served.origin.count()).toBe(before + (asks === "yes" ? 0 : 1));
    },
  );
});

describe("docs/paths.md says of a host", () => {
  it.each(tableOf("paths.md", "Hosts"))("%s that the route for %s is met", async (host, met) => {
    const answer = await ask(served.gateway.port, "/hosted", { headers: { host: host! } });
    expect([answer.status, answer.text]).toEqual([200, met]);
  });

  it("that it is refused where it is not in ASCII", async () => {
    const lines = ["GET /hosted HTTP/1.1", "Host: b\u00c3\u00bccher.example", "Connection: close", "", ""];
    expect(statusOf(await exchange(served.gateway.port, lines.join("\r\n")))).toBe(400);
  });
});
