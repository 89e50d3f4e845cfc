-- CONTROL: a host, and for how many milliseconds it is left alone: 0 ends what was said before. Doing it twice
-- only begins the time anew.
local host, wait = ARGV[3], tonumber(ARGV[4])
local row, now = tag .. ':h:' .. host, clock()
if wait > 0 then
  redis.call('HSET', row, 'next', now + wait)
else
  redis.call('HDEL', row, 'next')
end
if redis.call('ZSCORE', ready, host) then redis.call('ZADD', ready, now + wait, host) end
return redis.call('HEXISTS', owners, host) == 1 and 'h' or 'r'
