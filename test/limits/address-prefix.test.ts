import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressPrefix } from "../../src/limits/address-prefix.ts";

describe("addressPrefix", () => {
  it.each([
    ["203.0.113.9", "203.0.113.9"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::1", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:DB8:0001::", "2001:db8:1:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["64:ff9b::203.0.113.9", "64:ff9b:0:0::/64"],
  ])("counts %s as %s", (address, prefix) => {
    expect(addressPrefix(address)).toBe(prefix);
  });

  it.each(["::ffff:203.0.113.9", "::FFFF:cb00:7109", "0:0:0:0:0:ffff:203.0.113.9"])(
    "counts the IPv4-mapped %s as its IPv4 address",
    (address) => {
      expect(addressPrefix(address)).toBe("203.0.113.9");
    },
  );

  it.each([
    "",
    "localhost",
    ":",
    ":::",
    "1::2::3",
    "2001:db8",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "::300.0.0.1",
  ])("leaves %j, which is no address, as it is", (text) => {
    expect(addressPrefix(text)).toBe(text);
  });

  it("gives one prefix for all spellings and all hosts of a network, and different ones for two networks", () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    const network = fc
      .tuple(group, group, group, group)
      .filter((groups) => groups.some((value) => value !== 0));
    const host = fc.tuple(group, group, group, group);
    const spell = (groups: readonly number[], pad: boolean): string =>
      groups.map((value) => value.toString(16).padStart(pad ? 4 : 1, "0")).join(":");
    const shorten = (address: string): string => address.replace(/(^|:)0(:0)+(:|$)/, "::");

    fc.assert(
      fc.property(network, host, host, network, (net, a, b, other) => {
        const prefix = addressPrefix(spell([...net, ...a], false));
        expect(addressPrefix(spell([...net, ...b], true).toUpperCase())).toBe(prefix);
        expect(addressPrefix(shorten(spell([...net, ...a], false)))).toBe(prefix);
        if (net.join() !== other.join())
          expect(addressPrefix(spell([...other, ...a], false))).not.toBe(prefix);
      }),
    );
  });
});
