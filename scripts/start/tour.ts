/** One stop of the guided tour. */
interface Stop {
  /** The route that it shows, as `METHOD /path`. The tour is only true where all of them are declared. */
  readonly route: string;
  /** What is shown, and what to expect. */
  readonly says: string;
  readonly command: string;
}

/** What the tour's commands need. */
export interface TourFacts {
  /** Scheme, host and port of the running gateway. */
  readonly base: string;
  /** A development token. Written out, so that a command works wherever it is pasted. */
  readonly token: string;
}

/** The sample's guided tour: each command can be pasted as it is. */
export function tourStops({ base, token }: TourFacts): readonly Stop[] {
  const bearer = `-H 'Authorization: Bearer ${token}'`;
  const order = `-H 'Content-Type: application/json' -d '{"product":"cup","quantity":1}'`;
  return [
    {
      route: "GET /v1/products/:id",
      says: "A public route: 200, with a request id and what is left of the rate limit.",
      command: `curl -i ${base}/v1/products/assam`,
    },
    {
      route: "GET /v1/products",
      says: "A cached route: Cache-Status says fwd=miss, then hit (for a minute).",
      command: `for n in 1 2; do curl -si ${base}/v1/products | grep -i '^cache-status'; done`,
    },
    {
      route: "GET /v1/orders",
      says: "A protected route without a token: 401, as problem+json.",
      command: `curl -i ${base}/v1/orders`,
    },
    {
      route: "GET /v1/orders",
      says: "The same with a token: 200, and Ada's own orders.",
      command: `curl -i ${base}/v1/orders ${bearer}`,
    },
    {
      route: "POST /v1/orders",
      says: "A rate limit, three orders in ten seconds: 201, 201, 201, then 429 with Retry-After.",
      command: `for n in 1 2 3 4 5; do curl -si ${base}/v1/orders ${bearer} ${order} | grep -iE '^(http|ratelimit:|retry-after)'; done`,
    },
    {
      route: "GET /v1/storefront",
      says: "One answer composed of three upstreams.",
      command: `curl -s ${base}/v1/storefront ${bearer}`,
    },
    {
      route: "GET /v1/products/:id/page",
      says: "A part that is too slow: 200 after 0.3 s without the reviews, and Isogate-Parts says which part failed.",
      command: `curl -i ${base}/v1/products/teapot/page`,
    },
    {
      route: "GET /v1/products",
      says: "A method that the route does not have: 405 with Allow, as problem+json.",
      command: `curl -i -X DELETE ${base}/v1/products`,
    },
  ];
}

/** The tour as text. */
export function formatTour(facts: TourFacts): string {
  const stops = tourStops(facts).map(({ says, command }, index) => `${index + 1}. ${says}\n   ${command}`);
  return stops.join("\n\n");
}
