-- LIMIT: how many hosts may have one, then a host and its limit, which is empty to take it away. Answers k, or f when
-- so many have one. The number of the limits tells workers that they changed.
local limits = KEYS[1] .. ':limits'
if ARGV[3] == '' then
  redis.call('HDEL', limits, ARGV[2])
elseif redis.call('HEXISTS', limits, ARGV[2]) == 0 and redis.call('HLEN', limits) >= tonumber(ARGV[1]) then
  return 'f'
else
  redis.call('HSET', limits, ARGV[2], ARGV[3])
end
redis.call('HINCRBY', KEYS[1] .. ':orders', 'limits', 1)
return 'k'
