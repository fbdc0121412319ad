// What one would write who wants nothing but to pass on: bodies and WebSockets go through the runtime alone.
export default {
  fetch(request: Request, env: { readonly ORIGIN: string }): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    return fetch(env.ORIGIN + pathname + search, request);
  },
};
