// A function answers: with an object, which is sent as JSON, or with a Response.
import { defineGateway, defineRoutes, upstream } from "isogate";

export const catalog = upstream("catalog", { origin: "https://catalog.example" });

export const teas = defineRoutes(
  { access: "public" },
  {
    "GET /hello/:name": {
      handler: ({ params, query }) => ({ hello: params.name, in: query.get("lang") ?? "en" }),
    },
    "POST /price": {
      handler: async (ctx) => {
        const { tea, grams } = (await ctx.json()) as { tea: string; grams: number };
        const answer = await ctx.fetch(catalog, `/teas/${encodeURIComponent(tea)}`);
        if (!answer.ok) return new Response("no such tea", { status: 404 });
        const { perGram } = (await answer.json()) as { perGram: number };
        ctx.note(`priced ${tea}`);
        return { tea, cents: perGram * grams };
      },
    },
  },
);

export default defineGateway({ routes: [teas] });

// $ curl -i http://localhost:8787/hello/ada?lang=fr
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"hello":"ada","in":"fr"}
//
// $ curl -i http://localhost:8787/price --json '{"tea":"assam","grams":50}'
//   > GET https://catalog.example/teas/assam
//   > accept: application/json
//   < 200
//   < {"perGram":12}
//   log {"notes":["priced assam"]}
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"tea":"assam","cents":600}
//
// # What is no JSON is the client's fault, wherever it shows.
// $ curl -i http://localhost:8787/price --json '{'
// HTTP/1.1 400 Bad Request
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"malformed-body","detail":"The body is not JSON.",…}
