import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockList, listsOf } from "../../src/blocking/snapshot.ts";
import { contains, parseAddress, parseNetwork } from "../../src/http/network.ts";
import type { BlockEntry, BlockKind } from "../../src/stores/blocks/block-store.ts";

const entry = (kind: BlockKind, value: string, expiresAt?: number): BlockEntry => ({
  list: "abuse",
  kind,
  value,
  reason: "r",
  createdAt: 0,
  createdBy: "x",
  ...(expiresAt !== undefined && { expiresAt }),
});

describe("a list", () => {
  const list = new BlockList([
    entry("network", "192.0.2.7"),
    entry("network", "198.51.100.0/24"),
    entry("network", "2001:db8::/32", 1_000),
    entry("asn", "64496"),
    entry("country", "XX"),
    entry("consumer", "acme"),
    entry("identity", "issuer#ada"),
    entry("key", "issuer#7", 1_000),
  ]);

  it.each([
    [{ address: "192.0.2.7" }, "192.0.2.7"],
    [{ address: "::ffff:192.0.2.7" }, "192.0.2.7"],
    [{ address: "198.51.100.200" }, "198.51.100.0/24"],
    [{ address: "2001:db8:1::1" }, "2001:db8::/32"],
    [{ address: "192.0.2.8" }, undefined],
    [{ address: "" }, undefined],
    [{ address: "nonsense" }, undefined],
    [{ address: "192.0.2.8", asn: 64_496 }, "64496"],
    [{ address: "192.0.2.8", country: "XX" }, "XX"],
    [{ address: "192.0.2.8", asn: 1, country: "NL" }, undefined],
  ])("has for %o: %s", (whence, value) => {
    expect(list.whence(whence, 999)?.value).toBe(value);
  });

  it("forgets what has expired, to the millisecond", () => {
    expect(list.whence({ address: "2001:db8::1" }, 999)).toBeDefined();
    expect(list.whence({ address: "2001:db8::1" }, 1_000)).toBeUndefined();
  });

  it("has callers who are known by id or consumer, and no id for a consumer's", () => {
    expect(list.who({ id: "issuer#ada" }, 0)?.kind).toBe("identity");
    expect(list.who({ id: "x", consumer: "acme" }, 0)?.kind).toBe("consumer");
    expect(list.who({ id: "acme", consumer: "issuer#ada" }, 0)).toBeUndefined();
  });

  it("has one key of a caller and not another, until it expires; the key is told before its holder", () => {
    expect(list.who({ id: "x", key: "issuer#7" }, 999)?.kind).toBe("key");
    expect(list.who({ id: "x", key: "issuer#7" }, 1_000)).toBeUndefined();
    expect(list.who({ id: "x", key: "issuer#8" }, 0)).toBeUndefined();
    expect(list.who({ id: "issuer#7", consumer: "issuer#7" }, 0)).toBeUndefined();
    expect(list.who({ id: "issuer#ada", key: "issuer#7" }, 0)?.kind).toBe("key");
  });

  it("says whether it names callers", () => {
    expect(list.namesCallers).toBe(true);
    for (const kind of ["consumer", "identity", "key"] as const)
      expect(new BlockList([entry(kind, "x")]).namesCallers).toBe(true);
    const places = [entry("network", "192.0.2.7"), entry("asn", "1"), entry("country", "XX")];
    expect(new BlockList(places).namesCallers).toBe(false);
  });

  it("finds an address exactly where one of its networks holds it", () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.nat(3).map((last) => `192.0.2.${last}`),
    );
    const network = fc.tuple(address, fc.nat(128)).map(([of, length]) => {
      const bits = of.includes(":") ? length : length % 33;
      return [`${of}/${bits}`, of].find((text) => parseNetwork(text) !== undefined);
    });
    fc.assert(
      fc.property(fc.array(network, { maxLength: 8 }), address, (networks, asked) => {
        const known = networks.filter((text) => text !== undefined);
        const found = new BlockList(known.map((text) => entry("network", text))).whence(
          { address: asked },
          0,
        );
        const holding = known.filter((text) => contains(parseNetwork(text)!, parseAddress(asked)!));
        if (found === undefined) expect(holding).toEqual([]);
        else expect(holding).toContain(found.value);
      }),
    );
  });
});

it("lists are kept apart by their names", () => {
  const lists = listsOf([entry("asn", "1"), { ...entry("asn", "2"), list: "other" }]);
  expect([...lists.keys()]).toEqual(["abuse", "other"]);
  expect(lists.get("other")?.whence({ address: "", asn: 1 }, 0)).toBeUndefined();
});
