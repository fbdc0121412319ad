import { describe, expect, it } from "vitest";
import type { Deps } from "../../../src/deps.ts";
import { create, type MtlsOptions, options } from "../../../src/identity/credentials/mtls.ts";
import type { Requirements } from "../../../src/identity/declare.ts";
import { FINGERPRINT, TLS_CLIENT_AUTH } from "../../support/client-certificate.ts";
import { clock, context, identity, NOW, refusal } from "../support.ts";

const DN = "CN=orders,OU=Orders,O=Tea\\, Ltd.,C=GB";

const credential = (written: MtlsOptions = {}, requirements: Requirements = {}, now = () => NOW) =>
  create(options().parse(written), requirements, { deps: { now } as unknown as Deps });
/** A request over a connection of which the platform says this. */
const over = (tlsClientAuth: object | undefined) => context({ cf: { tlsClientAuth } });
const certified = (more: object = {}) => over({ ...TLS_CLIENT_AUTH, ...more });

describe("a client certificate", () => {
  it("that the platform has verified says who calls", () => {
    const mtls = credential();
    const who = identity(mtls.verify(certified()));
    expect(who).toEqual({
      id: `mtls:${DN}#${DN}`,
      subject: DN,
      issuer: DN,
      claims: {
        CN: ["orders"],
        OU: ["Orders"],
        O: ["Tea, Ltd."],
        C: ["GB"],
        fingerprint: FINGERPRINT,
        serial: TLS_CLIENT_AUTH.certSerial,
        san: ["dns:orders.tea.example", "uri:spiffe://tea/orders", "email:orders@tea.example"],
      },
      scopes: [],
      credential: "mtls",
      key: FINGERPRINT,
      expiresAt: Date.parse("2126-10-28T10:16:20Z"),
    });
    expect(mtls.verify(certified())).toBe(who);
  });

  it.each<[string, object | undefined]>([
    ["there is none", { certPresented: "0", certVerified: "NONE", certRevoked: "0" }],
    ["the platform says nothing", undefined],
    ["the platform says nothing of it", {}],
  ])("is not presented where %s", (_, tlsClientAuth) => {
    expect(credential().verify(over(tlsClientAuth))).toBeUndefined();
    expect(credential().verify(context())).toBeUndefined();
  });

  it.each<[string, object]>([
    ["was not verified", { certVerified: "FAILED:unable to get local issuer certificate" }],
    ["was verified in other words", { certVerified: "success" }],
    ["has no verdict", { certVerified: undefined }],
    ["is revoked", { certRevoked: "1" }],
    ["may be revoked", { certRevoked: undefined }],
    ["has no fingerprint", { certFingerprintSHA256: "" }],
    ["has the fingerprint of another hash", { certFingerprintSHA256: FINGERPRINT.repeat(2) }],
    ["has no subject", { certSubjectDNRFC2253: "" }],
    ["has a subject that cannot be read", { certSubjectDNRFC2253: "orders" }],
    ["has no issuer", { certIssuerDNRFC2253: undefined }],
    ["has no end", { certNotAfter: "" }],
    ["has ended", { certNotAfter: "Nov 20 00:00:00 2026 GMT" }],
  ])("that %s is refused", (_, more) => {
    const mtls = credential();
    // Known to be good before: what the platform says now counts.
    identity(mtls.verify(certified()));
    const wrong = refusal(credential().verify(certified(more)));
    expect(wrong.code).toBe("credential-invalid");
    if ("certVerified" in more || "certRevoked" in more) refusal(mtls.verify(certified(more)));
  });

  it("is no longer known once it has ended", () => {
    const now = clock();
    const soon = { certNotAfter: new Date(NOW + 60_000).toUTCString() };
    const mtls = credential({}, {}, now);
    identity(mtls.verify(certified(soon)));
    now.advance(60_000);
    expect(refusal(mtls.verify(certified(soon))).details.cause).toBe("the client certificate has expired");
  });

  it.each<[string, MtlsOptions, MtlsOptions]>([
    [
      "a subject",
      { subject: { cn: "orders", O: ["x", "Tea, Ltd."] } },
      { subject: { CN: "orders", O: "Tea" } },
    ],
    ["a subject's attribute", { subject: { OU: "Orders" } }, { subject: { L: "Orders" } }],
    ["an issuer", { issuer: { CN: ["orders"] } }, { issuer: { CN: ["Orders"] } }],
    ["a DNS name", { san: ["dns:ORDERS.tea.example"] }, { san: "dns:tea.example" }],
    ["a URI", { san: ["dns:other", "uri:spiffe://tea/orders"] }, { san: "uri:spiffe://tea/Orders" }],
    ["an address", { san: "email:orders@tea.example" }, { san: "uri:orders@tea.example" }],
    ["a fingerprint", { fingerprints: FINGERPRINT.toUpperCase() }, { fingerprints: "00".repeat(32) }],
    [
      "all of it",
      { subject: { CN: "orders" }, fingerprints: [FINGERPRINT] },
      { subject: { CN: "orders" }, fingerprints: ["00".repeat(32)] },
    ],
  ])("must have %s where that is declared", (_, good, bad) => {
    identity(credential(good).verify(certified()));
    expect(refusal(credential(bad).verify(certified())).code).toBe("credential-invalid");
  });

  it("has no names where the platform leaves them out, and names of another are not looked at", () => {
    const large = { certRFC9440: "", certRFC9440TooLarge: true };
    identity(credential().verify(certified(large)));
    const named = { san: "dns:orders.tea.example" };
    expect(refusal(credential(named).verify(certified(large))).code).toBe("credential-invalid");
    expect(refusal(credential(named).verify(certified({ certRFC9440: ":AAAA:" }))).code).toBe(
      "credential-invalid",
    );
  });

  it("gives no two callers one id", () => {
    const id = (issuer: string, subject: string) =>
      identity(credential().verify(certified({ certIssuerDNRFC2253: issuer, certSubjectDNRFC2253: subject })))
        .id;
    expect(id("CN=a#CN=b", "CN=c")).not.toBe(id("CN=a", "CN=b#CN=c"));
    expect(id("CN=a%23", "CN=c")).not.toBe(id("CN=a#", "CN=c"));
  });

  it("may be asked for claims by a route", () => {
    identity(credential({}, { claims: { OU: "Orders" } }).verify(certified()));
    expect(refusal(credential({}, { claims: { OU: "Sales" } }).verify(certified())).code).toBe(
      "insufficient-rights",
    );
  });
});

describe("the declaration", () => {
  it.each<[string, object]>([
    ["subject", { subject: {} }],
    ["subject", { subject: { "": "a" } }],
    ["subject", { subject: { CN: [] } }],
    ["issuer", { issuer: { CN: "" } }],
    ["san", { san: "orders.tea.example" }],
    ["san", { san: "ip:192.0.2.1" }],
    ["fingerprints", { fingerprints: "8a06" }],
    ["", { fingerprint: FINGERPRINT }],
  ])("is refused with a wrong %s", (name, written) => {
    expect(options().safeParse(written).error?.issues[0]?.path[0] ?? "").toBe(name);
  });
});
