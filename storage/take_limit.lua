-- Take a price from a bucket and from a day's quota, or nothing when either has less.
-- KEYS: bucket, quota. ARGV: microseconds a token takes, burst, quota of a day, price.
-- Answers: allowed, debt in microseconds, yesterday, today, milliseconds of the day gone by.
-- The moment is the server's own. Every number is whole and below 2^53, so that it is exact.
local token_us, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local per_day, price = tonumber(ARGV[3]), tonumber(ARGV[4])
local DAY_MS = 86400000

local time = redis.call('TIME')
local now_us = tonumber(time[1]) * 1000000 + tonumber(time[2])
local now_ms = math.floor(now_us / 1000)
local day, elapsed_ms = math.floor(now_ms / DAY_MS), now_ms % DAY_MS

local full_us = burst * token_us
-- A server whose clock was set back owes nobody more than a bucket.
local debt_us = math.min(full_us, math.max(0, tonumber(redis.call('GET', KEYS[1]) or '0') - now_us))
local kept = redis.call('HMGET', KEYS[2], 'day', 'today', 'yesterday')
local last, today, yesterday = tonumber(kept[1] or day), tonumber(kept[2] or 0), tonumber(kept[3] or 0)
if last == day - 1 then
  today, yesterday = 0, today
elseif last ~= day then
  today, yesterday = 0, 0
end

if debt_us + price * token_us > full_us
    or yesterday * (DAY_MS - elapsed_ms) > (per_day - today - price) * DAY_MS then
  return {0, debt_us, yesterday, today, elapsed_ms}
end

debt_us, today = debt_us + price * token_us, today + price
redis.call('SET', KEYS[1], string.format('%.0f', now_us + debt_us), 'PX', math.ceil(debt_us / 1000) + 1000)
redis.call('HSET', KEYS[2], 'day', day, 'today', today, 'yesterday', yesterday)
redis.call('PEXPIRE', KEYS[2], 2 * DAY_MS)
return {1, debt_us, yesterday, today, elapsed_ms}
