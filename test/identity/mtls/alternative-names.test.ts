import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alternativeNames } from "../../../src/identity/mtls/alternative-names.ts";
import { CERTIFICATE, PLAIN_CERTIFICATE } from "../../support/client-certificate.ts";

const bytes = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

describe("the alternative names of a certificate", () => {
  it("are read with their forms, and addresses left out", () => {
    expect(alternativeNames(bytes(CERTIFICATE))).toEqual([
      "dns:orders.tea.example",
      "uri:spiffe://tea/orders",
      "email:orders@tea.example",
    ]);
  });

  it("are none where it has none", () => {
    expect(alternativeNames(bytes(PLAIN_CERTIFICATE))).toEqual([]);
  });

  it("are not known where a name holds what is no ASCII, such as a NUL that ends it for others", () => {
    const changed = bytes(CERTIFICATE);
    const text = String.fromCharCode(...changed);
    changed[text.indexOf("Orders.Tea") + 6] = 0;
    expect(alternativeNames(changed)).toBeUndefined();
  });

  it("are not known of what is no certificate", () => {
    expect(alternativeNames(new Uint8Array())).toBeUndefined();
    expect(alternativeNames(bytes(CERTIFICATE).subarray(0, 300))).toBeUndefined();
    expect(alternativeNames(new Uint8Array([0x30, 0x80, 0, 0]))).toBeUndefined();
    expect(alternativeNames(new Uint8Array([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]))).toBeUndefined();
  });

  it("never throw, whatever the bytes are", () => {
    const good = bytes(CERTIFICATE);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }), (changes) => {
        const changed = good.slice();
        for (const [at, byte] of changes) changed[at] = byte;
        const names = alternativeNames(changed);
        expect(names === undefined || Array.isArray(names)).toBe(true);
      }),
    );
  });
});
