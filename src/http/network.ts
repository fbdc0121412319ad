/**
 * An address as eight groups of 16 bits. IPv4 stands as its IPv4-mapped form (RFC 4291 §2.5.5.2), so that the two
 * spellings of one address are one.
 */
export type Address = readonly number[];

/** All addresses that begin with the same bits (RFC 4632, RFC 4291 §2.3). */
export interface Network {
  /** Its first address: the bits behind the prefix are zero. */
  readonly first: Address;
  /** Bits that its addresses have in common, 0 to 128. */
  readonly bits: number;
}

const MAPPED: Address = [0, 0, 0, 0, 0, 0xffff];
/** In front of the bits of an IPv4 address. */
const MAPPED_BITS = 96;

/** Reads an IPv4 or IPv6 address (RFC 4291 §2.2); a zone is left out. @returns undefined where it is none */
export function parseAddress(text: string): Address | undefined {
  if (text.includes(":")) return parseGroups(text);
  const quad = parseQuad(text);
  return quad && [...MAPPED, ...quad];
}

/** Whether it is an IPv4 address, mapped or not. */
export function isIpv4(address: Address): boolean {
  return address.slice(0, 6).every((group, index) => group === MAPPED[index]);
}

/**
 * Reads a network such as `10.0.0.0/8` or `2001:db8::/32`; an address alone is the network of that address.
 * @returns undefined where it is none, or names an address within it that is not its first
 */
export function parseNetwork(text: string): Network | undefined {
  const [address = "", length, ...more] = text.split("/");
  const first = address.includes("%") ? undefined : parseAddress(address);
  if (first === undefined || more.length > 0) return undefined;
  if (length === undefined) return { first, bits: 128 };
  const offset = address.includes(":") ? 0 : MAPPED_BITS;
  const bits = /^(?:0|[1-9]\d{0,2})$/.test(length) ? Number(length) + offset : Number.NaN;
  if (!(bits <= 128)) return undefined;
  const network = { first: maskAddress(first, bits), bits };
  return network.first.every((group, index) => group === first[index]) ? network : undefined;
}

/** Whether the address lies in the network. */
export function contains({ first, bits }: Network, address: Address): boolean {
  return maskAddress(address, bits).every((group, index) => group === first[index]);
}

/** The address with all but its first bits zero. */
export function maskAddress(address: Address, bits: number): Address {
  return address.map((group, index) => {
    const kept = Math.min(16, Math.max(0, bits - 16 * index));
    return group & (0xffff << (16 - kept)) & 0xffff;
  });
}

function parseGroups(text: string): number[] | undefined {
  const zone = text.indexOf("%");
  const halves = (zone < 0 ? text : text.slice(0, zone)).split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => parseHalf(half, index === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  if (tail === undefined) return head.length === 8 ? head : undefined;
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? undefined : [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** @param last whether the address ends with it: only then its last 32 bits may be written as IPv4 */
function parseHalf(half: string, last: boolean): number[] | undefined {
  if (half === "") return [];
  const groups: number[] = [];
  const parts = half.split(":");
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const quad = last && index === parts.length - 1 ? parseQuad(part) : undefined;
      if (quad === undefined) return undefined;
      groups.push(...quad);
    }
  }
  return groups;
}

/** Two groups of an IPv4 address. A leading zero is none: some read it as octal (RFC 6943 §3.1.1). */
function parseQuad(text: string): number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = parts.map(Number);
  if (Math.max(a, b, c, d) > 255) return undefined;
  return [(a << 8) | b, (c << 8) | d];
}
