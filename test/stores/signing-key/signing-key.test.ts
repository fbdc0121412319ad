/// <reference types="@cloudflare/vitest-pool-workers/types" />
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { createSigningKey } from "../../../src/stores/signing-key/signing-key.ts";
import type { SigningKeyObject } from "../../../src/stores/signing-key/signing-key-object.ts";

const objects = (exports as unknown as { SigningKeyObject: DurableObjectNamespace<SigningKeyObject> })
  .SigningKeyObject;
const signingKey = () => createSigningKey(objects, "gateway");

describe("the gateway's signing key", () => {
  it("is one key for all isolates, also when they ask for the first time together", async () => {
    const sets = await Promise.all(Array.from({ length: 10 }, () => signingKey().jwks()));
    for (const set of sets) expect(set).toEqual(sets[0]);
  });

  it("signs what its public half verifies, before and after the object was evicted", async () => {
    const keys = createLocalJWKSet((await signingKey().jwks()) as JSONWebKeySet);
    const before = await signingKey().sign({ sub: "user-1" }, 600);
    await evictDurableObject(objects.getByName("gateway"));
    const after = await signingKey().sign({ sub: "user-1" }, 600);
    for (const token of [before, after]) {
      expect((await jwtVerify(token, keys, { typ: "at+jwt" })).payload.sub).toBe("user-1");
    }
  });

  it("of one purpose is no key of another", async () => {
    const other = createSigningKey(objects, "identity");
    const keys = createLocalJWKSet((await signingKey().jwks()) as JSONWebKeySet);
    const token = await other.sign({ sub: "user-1" }, 600);
    await expect(jwtVerify(token, keys)).rejects.toThrow("no applicable key");
    const own = createLocalJWKSet((await other.jwks()) as JSONWebKeySet);
    expect((await jwtVerify(token, own, { typ: "JWT" })).payload.sub).toBe("user-1");
  });

  it("is kept in the object's storage, and shown by none of its methods", async () => {
    const shown = JSON.stringify(await signingKey().jwks());
    const kept = await runInDurableObject(objects.getByName("gateway"), (_, state) => [
      ...state.storage.kv.list(),
    ]);
    const [[, [{ jwk: key }]]] = kept as [[string, [{ readonly jwk: JsonWebKey }]]];
    expect(kept).toHaveLength(1);
    expect(key.d).toBeTypeOf("string");
    expect(shown).not.toContain(key.d);
    expect(shown).toContain(key.x);
  });
});
