/** How many of the eight groups of an IPv6 address tell callers apart: a /64, the smallest network one gets. */
const PREFIX_GROUPS = 4;

/**
 * The part of a client's address that a limit counts by: an IPv4 address as it is, an IPv6 address by its /64,
 * since whoever has one address of it has them all. An IPv4-mapped address (RFC 4291 §2.5.5.2) counts as its IPv4
 * address. Spellings of one address give one prefix. What is no address stays as it is.
 */
export function addressPrefix(address: string): string {
  if (!address.includes(":")) return address;
  const groups = parseGroups(address);
  if (groups === undefined) return address;
  const [, , , , , sixth, seventh = 0, eighth = 0] = groups;
  if (sixth === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return `${seventh >> 8}.${seventh & 255}.${eighth >> 8}.${eighth & 255}`;
  }
  const prefix = groups.slice(0, PREFIX_GROUPS).map((group) => group.toString(16));
  return `${prefix.join(":")}::/64`;
}

/** The eight groups of an IPv6 address (RFC 4291 §2.2), or undefined where it is none. */
function parseGroups(address: string): number[] | undefined {
  const zone = address.indexOf("%");
  const halves = (zone < 0 ? address : address.slice(0, zone)).split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(parseHalf);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  if (tail === undefined) return head.length === 8 ? head : undefined;
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? undefined : [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function parseHalf(half: string): number[] | undefined {
  if (half === "") return [];
  const groups: number[] = [];
  for (const group of half.split(":")) {
    if (/^[0-9a-f]{1,4}$/i.test(group)) groups.push(Number.parseInt(group, 16));
    else {
      // The last 32 bits may be written as IPv4.
      const quad = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(group)?.slice(1).map(Number);
      if (quad === undefined || quad.some((byte) => byte > 255)) return undefined;
      const [a = 0, b = 0, c = 0, d = 0] = quad;
      groups.push((a << 8) | b, (c << 8) | d);
    }
  }
  return groups;
}
