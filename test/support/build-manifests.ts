// node test/support/build-manifests.ts FILE…: what the build makes of each manifest, as a JSON list.
// A process of its own, because Vitest's module loader takes the place of Node's, which evaluates manifests.
import { entrySource } from "../../src/manifest/compiler/entry.ts";
import { buildManifest } from "../../src/manifest/compiler/index.ts";

const built = [];
for (const file of process.argv.slice(2)) {
  const { compiled, findings } = await buildManifest(file);
  // Values without an accessor are findings, and have no place in an entry.
  const entry =
    findings.length > 0
      ? ""
      : entrySource(compiled, { out: `${file}.entry.ts`, development: false, upstash: false });
  built.push({ findings, hash: compiled.hash, values: compiled.values, entry });
}
console.log(JSON.stringify(built));
