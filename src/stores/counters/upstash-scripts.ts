import type { CounterState } from "./algorithm.ts";
import type { AlgorithmName } from "./counter-store.ts";

/**
 * A counter in Redis: one key, and one script that decides and writes as its algorithm does.
 *
 * It is called with the key, and with `take`, `peek`, `charge` or `refund`, limit, window in ms, burst, cost, now, and where the
 * refunded units were counted. It answers with a list: whether a take is granted, then the numbers that the key held.
 */
export interface CounterScript {
  /** Lua. The first line has Upstash lock the key alone, as in the scripts of its own library. */
  readonly source: string;
  /** SHA-1 of the source in hex, which Redis knows the script by. */
  readonly sha1: string;
  /** What the key held, from the numbers that the script answered; undefined where it cannot have held them. */
  readonly read: (numbers: readonly number[], windowMs: number) => CounterState | undefined;
}

// Numbers are written with all their digits: Lua's own way keeps fourteen.
const BEGINNING = `#!lua flags=allow-key-locking
local verb, key = ARGV[1], KEYS[1]
local limit, span, burst = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local cost, now, at = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local kept = {}
for number in string.gmatch(redis.call("GET", key) or "", "-?%d+") do kept[#kept + 1] = tonumber(number) end
if verb == "refund" and #kept == 0 then return {} end
local function keep(ttl, ...)
  local text = string.format(string.rep("%.0f ", select("#", ...)), ...)
  redis.call("SET", key, text, "PX", string.format("%.0f", ttl))
end
`;
const END = `
table.insert(kept, 1, granted and 1 or 0)
return kept
`;

/** @param weighed Lua for what the previous window still weighs */
function windowScript(weighed: string): string {
  return `${BEGINNING}
local index, current, previous = math.floor(now / span), 0, 0
if #kept > 0 then
  if index <= kept[1] then
    index, current, previous = kept[1], kept[2], kept[3]
  elseif index == kept[1] + 1 then
    previous = kept[2]
  end
end
local ttl = (index + 2) * span - now
if verb == "refund" then
  local age = index - math.floor(at / span)
  if age == 0 then
    keep(ttl, index, math.max(0, current - cost), previous)
  elseif age == 1 then
    keep(ttl, index, current, math.max(0, previous - cost))
  end
  return {}
end
if verb == "charge" then
  keep(ttl, index, math.min(current + cost, math.floor(9007199254740991 / span)), previous)
  return {}
end
local granted = current + ${weighed} + cost <= limit
if granted and verb == "take" then keep(ttl, index, current + cost, previous) end
${END}`;
}

const BUCKET = `${BEGINNING}
local full = burst * span
local moment, level = now, full
if #kept > 0 then
  moment = math.max(kept[1], now)
  local elapsed = moment - kept[1]
  if elapsed < math.ceil((full - kept[2]) / limit) then level = kept[2] + elapsed * limit end
end
local function fill(left)
  keep(moment - now + math.max(1, math.ceil((full - left) / limit)), moment, left)
end
if verb == "refund" then
  local hole = cost * span - math.max(0, kept[1] - at) * limit
  if hole > 0 then fill(math.min(full, level + hole)) end
  return {}
end
if verb == "charge" then
  fill(math.max(math.min(level, -full), level - cost * span))
  return {}
end
local granted = level >= cost * span
if granted and verb == "take" then fill(level - cost * span) end
${END}`;

/** Every algorithm's script by its name. */
export const SCRIPTS: Readonly<Record<AlgorithmName, CounterScript>> = {
  slidingWindow: {
    source: windowScript("math.floor(previous * (span - (now - index * span)) / span)"),
    sha1: "66a0df2439aebcb2646d6d065024f7e47ac59db7",
    read: (numbers, windowMs) => {
      const [window = -1, current = -1, previous = -1] = numbers;
      if (numbers.length !== 3 || Math.min(...numbers) < 0) return undefined;
      return { algorithm: "slidingWindow", windowMs, window, current, previous };
    },
  },
  fixedWindow: {
    source: windowScript("0"),
    sha1: "4c096648261f83a0efbd70c408fa2089067a1eb6",
    read: (numbers, windowMs) => {
      const [window = -1, used = -1] = numbers;
      if (numbers.length !== 3 || Math.min(...numbers) < 0) return undefined;
      return { algorithm: "fixedWindow", windowMs, window, used };
    },
  },
  tokenBucket: {
    source: BUCKET,
    sha1: "fa74bcf50fcd16c6b4622b69e9e4482c89905c4f",
    read: (numbers, windowMs) => {
      const [at = -1, level = 0] = numbers;
      if (numbers.length !== 2 || at < 0) return undefined;
      return { algorithm: "tokenBucket", windowMs, at, level };
    },
  },
};
