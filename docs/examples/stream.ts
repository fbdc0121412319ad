// A stream of events may last an hour, and no longer than 50 ms without one, which is short to keep the example so.
import { defineGateway, defineRoutes, upstream } from "isogate";

const live = upstream("live", { origin: "https://live.example" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /prices": {
          stream: { idleTimeout: "50ms", maxDuration: "1h" },
          forward: { upstream: live },
        },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/prices
//   > GET https://live.example/prices
//   < 200
//   < content-type: text/event-stream
//   < data: {"assam":900}
//   < never
// HTTP/1.1 200 OK
// content-type: text/event-stream
//
// data: {"assam":900}
