-- KEPT: the caller's name. Answers {its counters, seeds in their order, its sinks and positions, a number that was
-- given to nobody before}.
return {
  redis.call('HGET', KEYS[1] .. ':stats', ARGV[1]) or '',
  redis.call('ZRANGE', KEYS[1] .. ':seeds', 0, -1),
  redis.call('HGETALL', KEYS[1] .. ':sinks:' .. ARGV[1]),
  redis.call('INCR', KEYS[1] .. ':sessions'),
}
