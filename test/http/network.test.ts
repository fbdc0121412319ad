import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contains, isIpv4, parseAddress, parseNetwork } from "../../src/http/network.ts";

const network = (text: string) => parseNetwork(text) ?? expect.fail(`${text} is no network`);
const address = (text: string) => parseAddress(text) ?? expect.fail(`${text} is no address`);

describe("an address", () => {
  it.each([
    ["192.0.2.7", "::ffff:192.0.2.7"],
    ["::ffff:c000:207", "192.0.2.7"],
    ["2001:DB8::1", "2001:db8:0:0:0:0:0:1"],
    ["fe80::1%eth0", "fe80::1"],
    ["::", "0:0:0:0:0:0:0:0"],
  ])("may be written %s or %s", (one, other) => {
    expect(address(one)).toEqual(address(other));
  });

  it.each([
    "",
    "a",
    "192.0.2",
    "192.0.2.256",
    "192.0.2.07",
    "0x7f.1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "12345::",
    "1.2.3.4::",
    ":1:2:3:4:5:6:7",
  ])("is not %s", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it("is IPv4 in either form", () => {
    expect(["192.0.2.1", "::ffff:1.2.3.4", "::1", "2001:db8::"].map((text) => isIpv4(address(text)))).toEqual(
      [true, true, false, false],
    );
  });
});

describe("a network", () => {
  it.each([
    ["10.0.0.0/8", "10.255.0.1", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["10.0.0.0/8", "::ffff:10.1.2.3", true],
    ["192.0.2.128/25", "192.0.2.127", false],
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.7", "192.0.2.8", false],
    ["2001:db8::/33", "2001:db8:7fff::1", true],
    ["2001:db8::/33", "2001:db8:8000::1", false],
    ["0.0.0.0/0", "203.0.113.1", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["::/0", "203.0.113.1", true],
  ])("%s and the address %s: %s", (written, of, inside) => {
    expect(contains(network(written), address(of))).toBe(inside);
  });

  it.each([
    "10.0.0.1/8",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/08",
    "10.0.0.0/8/8",
    "::1/129",
    "fe80::%1/64",
    "/8",
    "x/8",
  ])("is not %s", (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });

  it("holds the addresses whose first bits are its own, and no others", () => {
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
    const bitsOf = (list: readonly number[]) =>
      list.map((group) => group.toString(2).padStart(16, "0")).join("");
    const text = (list: readonly number[]) => list.map((group) => group.toString(16)).join(":");
    fc.assert(
      fc.property(groups, fc.integer({ min: 0, max: 128 }), fc.nat(128), groups, (of, bits, same, other) => {
        const first = bitsOf(of).slice(0, bits).padEnd(128, "0");
        const near = first.slice(0, same) + bitsOf(other).slice(same);
        const list = (digits: string) =>
          (digits.match(/.{16}/g) ?? []).map((group) => Number.parseInt(group, 2));
        const wanted = near.slice(0, bits) === first.slice(0, bits);
        expect(contains(network(`${text(list(first))}/${bits}`), list(near))).toBe(wanted);
      }),
    );
  });
});
