-- CREW: answers {what is ordered, the server's clock, pairs of a worker and what is kept of it, pairs of a host and
-- its limit, how many seeds are known}.
local time = redis.call('TIME')
return {
  redis.call('HGET', KEYS[1] .. ':orders', 'run') or 'go',
  time[1] * 1000 + math.floor(time[2] / 1000),
  redis.call('HGETALL', KEYS[1] .. ':workers'),
  redis.call('HGETALL', KEYS[1] .. ':limits'),
  redis.call('ZCARD', KEYS[1] .. ':seeds'),
}
