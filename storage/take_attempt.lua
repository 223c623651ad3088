-- Count a try of a password, unless the last ones were too many: then say how long to wait.
-- KEYS: count from this origin, count from all unknown origins, mark of a known origin.
-- ARGV: tries without a wait, longest wait and life of a count in milliseconds.
-- Answers the milliseconds to wait; 0 when the try was counted. The moment is the server's own.
local free, longest_ms, counted_ms = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local counted = {KEYS[1]}
if redis.call('EXISTS', KEYS[3]) == 0 then
  counted[2] = KEYS[2]
end

local tries, wait_ms = {}, 0
for index, key in ipairs(counted) do
  local kept = redis.call('HMGET', key, 'tries', 'free_at')
  tries[index] = tonumber(kept[1] or 0)
  -- A server whose clock was set back makes nobody wait longer than the longest.
  wait_ms = math.max(wait_ms, math.min(longest_ms, tonumber(kept[2] or 0) - now_ms))
end
if wait_ms > 0 then
  return wait_ms
end

for index, key in ipairs(counted) do
  local many, pause_ms = tries[index] + 1, 0
  if many >= free then
    pause_ms = math.min(longest_ms, 1000 * 2 ^ math.min(many - free, 20))
  end
  redis.call('HSET', key, 'tries', many, 'free_at', string.format('%.0f', now_ms + pause_ms))
  redis.call('PEXPIRE', key, counted_ms)
end
return 0
