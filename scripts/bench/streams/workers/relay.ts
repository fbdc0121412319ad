// A WebSocket by hand that may not keep silent for ever, as everybody writes it: messages pass through JavaScript.
const IDLE_MS = 60_000;

export default {
  async fetch(request: Request, env: { readonly ORIGIN: string }): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const { webSocket: upstream } = await fetch(env.ORIGIN + pathname + search, request);
    if (upstream === null) return new Response(null, { status: 502 });
    const { 0: client, 1: server } = new WebSocketPair();
    let lastMessageAt = Date.now();
    const end = () => {
      clearInterval(timer);
      server.close(1001, "idle");
      upstream.close(1001, "idle");
    };
    const timer = setInterval(() => {
      if (Date.now() - lastMessageAt > IDLE_MS) end();
    }, IDLE_MS);
    for (const [from, to] of [
      [server, upstream],
      [upstream, server],
    ] as const) {
      from.binaryType = "arraybuffer";
      from.addEventListener("message", ({ data }) => {
        lastMessageAt = Date.now();
        to.send(data);
      });
      from.addEventListener("close", ({ code, reason }) => {
        clearInterval(timer);
        to.close(code, reason);
      });
      from.accept();
    }
    return new Response(null, { status: 101, webSocket: client });
  },
};
