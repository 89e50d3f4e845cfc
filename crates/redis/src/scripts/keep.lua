-- KEEP: the caller's name, whether there are counters, counters, how many seeds, seeds, then pairs of a sink and
-- its position. Doing it twice is doing it once.
local name, seeds = ARGV[1], KEYS[1] .. ':seeds'
if ARGV[2] == '1' then redis.call('HSET', KEYS[1] .. ':stats', name, ARGV[3]) end
local last = 4 + tonumber(ARGV[4])
for at = 5, last do redis.call('ZADD', seeds, 'NX', redis.call('ZCARD', seeds), ARGV[at]) end
for at = last + 1, #ARGV, 2 do
  redis.call('HSET', KEYS[1] .. ':sinks:' .. name, ARGV[at], ARGV[at + 1])
end
return 'k'
