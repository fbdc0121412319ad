import { isIpv4, parseAddress } from "../http/network.ts";

/** How many of the eight groups of an IPv6 address tell callers apart: a /64, the smallest network one gets. */
const PREFIX_GROUPS = 4;

/**
 * The part of a client's address that a limit counts by: an IPv4 address as it is, an IPv6 address by its /64,
 * since whoever has one address of it has them all. An IPv4-mapped address (RFC 4291 §2.5.5.2) counts as its IPv4
 * address. Spellings of one address give one prefix. What is no address stays as it is.
 */
export function addressPrefix(address: string): string {
  if (!address.includes(":")) return address;
  const groups = parseAddress(address);
  if (groups === undefined) return address;
  if (isIpv4(groups)) {
    const [seventh = 0, eighth = 0] = groups.slice(6);
    return `${seventh >> 8}.${seventh & 255}.${eighth >> 8}.${eighth & 255}`;
  }
  const prefix = groups.slice(0, PREFIX_GROUPS).map((group) => group.toString(16));
  return `${prefix.join(":")}::/64`;
}
