// Ten bytes, to keep the example short. A body that says how long it is is refused before any of it is read. Where
// the limit is on trial, the access log says whom it would refuse.
import { defineGateway, defineRoutes, upstream } from "isogate";

const notes = upstream("notes", { origin: "https://notes.example" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public", bodyLimit: "10B" },
      {
        "POST /notes": { forward: { upstream: notes } },
        "POST /drafts": { bodyLimit: { limit: "10B", mode: "report" }, forward: { upstream: notes } },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/notes -H 'Content-Type: text/plain' -d 'tea at 5'
//   > POST https://notes.example/notes
//   > content-type: text/plain
//   > tea at 5
//   < 201
// HTTP/1.1 201 Created
//
// $ curl -i http://localhost:8787/notes -H 'Content-Type: text/plain' -d 'tea at five'
// HTTP/1.1 413 Payload Too Large
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"body-too-large","detail":"At most 10 bytes.",…}
//
// $ curl -i http://localhost:8787/drafts -H 'Content-Type: text/plain' -d 'tea at five'
//   > POST https://notes.example/drafts
//   > content-type: text/plain
//   > tea at five
//   < 201
//   log {"reported":[{"policy":"bodyLimit","code":"body-too-large","reason":"At most 10 bytes."}]}
// HTTP/1.1 201 Created
