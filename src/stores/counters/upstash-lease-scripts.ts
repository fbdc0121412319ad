import type { AlgorithmName } from "./counter-store.ts";

/**
 * A ledger in Redis: one key, and one script that answers an ask as `grant` of `src/leases/ledger.ts` does, with the
 * very same arithmetic. `@upstash/ratelimit` has nothing like it: it grants all or nothing.
 *
 * It is called with the key, and with limit, window in ms, burst and now; want, owed, rate, seen, span, held and least of
 * the ask; and the period and rate that it told before, or two empty texts. It answers with tokens, ttl, left, reset, period
 * and whether the key is crowded.
 *
 * Time is the isolate's, since a script should read no clock (Upstash, "EVAL"); where isolates disagree, the latest time
 * that the key has seen is the one that holds, so that nothing comes free twice.
 */
export interface LeaseScript {
  /** Lua. The first line has Upstash lock the key alone. */
  readonly source: string;
  /** SHA-1 of the source in hex, which Redis knows the script by. */
  readonly sha1: string;
}

/** What is asked, and what the key holds: eight numbers of the demand, then those of the pool. See src/leases/lease-time.ts. */
const BEGINNING = `#!lua flags=allow-key-locking
local key, given, kept = KEYS[1], {}, {}
for i = 1, 13 do given[i] = tonumber(ARGV[i]) end
for number in string.gmatch(redis.call("GET", key) or "", "%S+") do kept[#kept + 1] = tonumber(number) end
local limit, span, burst, asked_at = given[1], given[2], given[3], given[4]
local now = math.max(asked_at, kept[8] or 0)
local function whole_share(ms, parts) return math.ceil(ms / parts) end
local function lease_ms(refill) return math.min(300000, math.max(1000, whole_share(refill, 8))) end
local pause = math.min(1000, whole_share(span, 60))
`;

/** See src/leases/fixed-pool.ts. */
const FIXED = `
local most, window, used = limit, kept[9] or -1, kept[10] or 0
if math.floor(now / span) > window then window, used = math.floor(now / span), 0 end
local period, lasting = window, span
local ttl = math.min(span, (window + 1) * span - now)
local function supply() return math.max(0, limit - used) end
local function charge(units) used = used + units end
local take = charge
local function reset() return ttl end
local function pool() return { window, used } end
`;

/** See src/leases/outstanding.ts: only slots that hold something are kept, with their numbers. */
const OUTSTANDING = `
local slots, first, total = {}, 0, 0
local function read_slots(from)
  first = kept[from] or 0
  for i = from + 1, #kept, 2 do
    slots[kept[i]] = kept[i + 1]
    total = total + kept[i + 1]
  end
end
local function hold(longest, tokens, till)
  local slot = math.max(first, math.ceil(till / whole_share(longest, 60)) - 1)
  slots[slot] = (slots[slot] or 0) + tokens
  total = total + tokens
end
local function free(longest, before)
  local length = whole_share(longest, 60)
  local current = math.floor(now / length)
  if current <= first then return end
  for slot = first, math.min(current, first + 64) - 1 do
    if slots[slot] then
      before((slot + 1) * length)
      total = total - slots[slot]
      slots[slot] = nil
    end
  end
  first = current
end
local function with_slots(numbers)
  numbers[#numbers + 1] = first
  for slot = first, first + 63 do
    if slots[slot] then
      numbers[#numbers + 1] = slot
      numbers[#numbers + 1] = slots[slot]
    end
  end
  return numbers
end
`;

/** See src/leases/sliding-pool.ts. */
const SLIDING = `${OUTSTANDING}
local most, ttl = limit, lease_ms(span)
local longest, period = span + ttl, math.floor(now / span)
local lasting = longest
read_slots(9)
free(longest, function() end)
local function supply() return math.max(0, limit - total) end
local function take(tokens) if tokens > 0 then hold(longest, tokens, now + longest) end end
local function charge(units) hold(longest, units, now + span) end
local function reset(tokens)
  local after, still = pause, total
  for slot = first, first + 63 do
    if still + tokens <= limit then break end
    if slots[slot] then
      still = still - slots[slot]
      after = math.max(after, (slot + 1) * whole_share(longest, 60) - now)
    end
  end
  return after
end
local function pool() return with_slots({}) end
`;

/** See src/leases/bucket-pool.ts. */
const BUCKET = `${OUTSTANDING}
local fill = math.ceil(burst * span / limit)
local most, ttl, period = burst, lease_ms(fill), math.floor(now / span)
local lasting = 2 * fill + ttl
local level, moment, longest = kept[9] or burst * span, kept[10] or 0, kept[11] or ttl
local function refill(at)
  local room = math.max(0, burst - total) * span
  level = math.min(room, math.max(level, -burst * span) + math.max(0, at - moment) * limit)
  moment = math.max(moment, at)
end
read_slots(12)
free(longest, refill)
refill(now)
if ttl > longest or (ttl < longest and total == 0) then
  local held, from, length = slots, first, whole_share(longest, 60)
  slots, total, first, longest = {}, 0, math.floor(moment / whole_share(ttl, 60)), ttl
  for slot = from, from + 63 do
    if held[slot] then hold(longest, held[slot], (slot + 1) * length) end
  end
end
local function supply() return math.max(0, math.floor(level / span)) end
local function take(tokens)
  if tokens == 0 then return end
  level = level - tokens * span
  hold(longest, tokens, math.max(moment, now) + ttl)
end
local function charge(units)
  level = math.max(-burst * span, level - units * span)
end
local function reset(tokens)
  local wanted, holds, at, still = tokens * span, level, moment, total
  for slot = first, first + 63 do
    if slots[slot] then
      local freed, room = (slot + 1) * whole_share(longest, 60), math.max(0, burst - still) * span
      if wanted <= room and at + math.ceil((wanted - holds) / limit) <= freed then break end
      holds = math.min(room, holds + math.max(0, freed - at) * limit)
      at = math.max(at, freed)
      still = still - slots[slot]
    end
  end
  return math.max(pause, at + math.ceil((wanted - holds) / limit) - now)
end
local function pool() return with_slots({ level, moment, longest }) end
`;

/** See src/leases/demand.ts. */
const DEMAND = `
local want, owed, rate, seen, watched, holds = given[5], given[6], given[7], given[8], given[9], given[10]
local least, told_in, told = given[11], given[12], given[13]
if owed > 0 then charge(owed) end
local left = supply()
local counted, rates, roots, rates_before, isolates, isolates_before, held, moment_before =
  kept[1] or -1, kept[2] or 0, kept[3] or 0, kept[4] or 0, kept[5] or 0, kept[6] or 0, kept[7] or 0, kept[8] or 0
if period > counted then
  local following = period == counted + 1
  rates_before, isolates_before = following and rates or 0, following and isolates or 0
  rates, roots, isolates, counted = 0, 0, 0, period
end
held = math.max(0, held - rates * math.max(0, now - moment_before))
local gone = 0
if told_in == counted then gone = told else isolates = isolates + 1 end
rates = math.max(rate, rates + rate - gone)
roots = math.max(math.sqrt(rate), roots + math.sqrt(rate) - math.sqrt(gone))
`;

/** See src/leases/grant-size.ts, whose constants these are: the tests compare the two. */
const SIZE = `
local function most_after(trust, unknown) return math.max(unknown, math.min(seen * trust, 64 + seen)) end
local function beyond(spare, scale)
  if spare > 20 * scale then return spare end
  local x = spare / scale
  -- Lua has no expm1, and near 0 the difference would lose its digits.
  return scale * math.log(x < 1e-5 and x + x * x / 2 or math.exp(x) - 1)
end
local function wished()
  local unknown = math.min(3, math.max(1, math.floor(most / 20)))
  local typical = (roots / isolates) ^ 2
  if not (typical > 0) then return unknown end
  local sure = seen + 2.5
  local pace = sure / (watched + 2.5 / typical)
  local exhausted = (left + held) / math.max(rates, rates_before * ttl / span)
  local need = pace * math.min(ttl, exhausted)
  local deviation = math.sqrt(need + need * need / sure)
  if exhausted >= ttl then return math.min(need + 2 * deviation, most_after(12, unknown)) end
  local spare = 0.025 * most * math.sqrt(pace) / roots
  local size = need + beyond(spare, deviation * math.sqrt(3) / math.pi)
  return math.min(size, math.max(64, size / 4), most_after(8, unknown), pace * ttl + 1)
end
local tokens = 0
local useful = left >= want or left + holds >= least
if left > 0 and useful then tokens = math.min(left, math.max(want, math.floor(wished() - holds + 0.5))) end
`;

/** Numbers are written with all their digits. */
const END = `
take(tokens)
held = held + math.max(0, tokens - want)
local numbers = { counted, rates, roots, rates_before, isolates, isolates_before, held, now }
for _, number in ipairs(pool()) do numbers[#numbers + 1] = number end
for i, number in ipairs(numbers) do numbers[i] = string.format("%.17g", number) end
redis.call("SET", key, table.concat(numbers, " "), "PX", string.format("%.0f", lasting + now - asked_at))
local beyond = left - tokens + 1
if tokens == 0 then beyond = math.max(beyond, least - holds) end
return { tokens, ttl, left - tokens, reset(math.min(most, beyond)), period, math.max(isolates, isolates_before) >= 64 and 1 or 0 }
`;

/** Every algorithm's script by its name. */
export const LEASE_SCRIPTS: Readonly<Record<AlgorithmName, LeaseScript>> = {
  slidingWindow: {
    source: BEGINNING + SLIDING + DEMAND + SIZE + END,
    sha1: "1e54f0a7b6b5f645a0b29ef79f3edefbc8a9f5bf",
  },
  fixedWindow: {
    source: BEGINNING + FIXED + DEMAND + SIZE + END,
    sha1: "30e26264c3936e09b7d47f9a260d2b3951ef6b9b",
  },
  tokenBucket: {
    source: BEGINNING + BUCKET + DEMAND + SIZE + END,
    sha1: "4b8c612ec7a9e4063e3950b1212f159cc5368964",
  },
};
