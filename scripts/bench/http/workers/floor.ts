// The floor: the least a proxy on this platform can do.
interface Env {
  readonly ORIGIN: string;
}

export default {
  fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    return fetch(env.ORIGIN + pathname + search, request);
  },
};
