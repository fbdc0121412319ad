// What data cannot say. Each hook is a function, or one with its own `timeout` and with what becomes of the request
// where it fails.
import { defineGateway, defineRoutes, upstream } from "isogate";

const catalog = upstream("catalog", { origin: "https://catalog.example" });
export const flags = upstream("flags", { origin: "https://flags.example" });

export const teas = defineRoutes(
  { access: "public" },
  {
    "GET /teas/:id": {
      hooks: {
        request: {
          run: async (ctx) => {
            const answer = await ctx.fetch(flags, "/closed");
            return answer.ok ? Response.json({ closed: true }, { status: 503 }) : undefined;
          },
          timeout: "50ms",
          onFailure: "allow",
        },
        upstreamRequest: ({ headers }, { params }) => {
          headers.set("x-signature", [...params.id].reverse().join(""));
          return { path: `/v2/teas/${params.id}`, headers };
        },
        upstreamResponse: async (response) => {
          const tea = (await response.json()) as { name: string };
          return Response.json({ name: tea.name });
        },
        response: (response) => {
          const answer = new Response(response.body, response);
          answer.headers.set("x-tasted", "yes");
          return answer;
        },
        error: ({ code, status }) => new Response(`Sorry: ${code}`, { status }),
      },
      forward: { upstream: catalog },
    },
  },
);

export default defineGateway({ routes: [teas] });

// $ curl -i http://localhost:8787/teas/assam
//   > GET https://flags.example/closed
//   > accept: application/json
//   < 404
//   > GET https://catalog.example/v2/teas/assam
//   > x-signature: massa
//   < 200
//   < {"name":"Assam","cost":4}
// HTTP/1.1 200 OK
// content-type: application/json
// x-tasted: yes
//
// {"name":"Assam"}
//
// $ curl -i http://localhost:8787/teas/assam
//   > GET https://flags.example/closed
//   > accept: application/json
//   < 200
// HTTP/1.1 503 Service Unavailable
// content-type: application/json
//
// {"closed":true}
//
// # The flags are late, which is allowed; and the catalog is down.
// $ curl -i http://localhost:8787/teas/assam
//   > GET https://flags.example/closed
//   > accept: application/json
//   < never
//   > GET https://catalog.example/v2/teas/assam
//   > x-signature: massa
//   < unreachable
// HTTP/1.1 502 Bad Gateway
// content-type: text/plain;charset=UTF-8
//
// Sorry: upstream-unreachable
