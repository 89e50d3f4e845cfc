-- STATUS: answers {discovered, done, failed, skipped, hosts that wait, of those the ones that are due, hosts
-- that are held, of those the ones whose lease is over}.
local now = string.format('%d', clock())
local row = redis.call('HMGET', counts, 'discovered', 'done', 'failed', 'skipped')
local numbers = {}
for at = 1, 4 do numbers[at] = tonumber(row[at] or 0) end
numbers[5] = redis.call('ZCARD', ready)
numbers[6] = redis.call('ZCOUNT', ready, '-inf', now)
numbers[7] = redis.call('ZCARD', leases)
numbers[8] = redis.call('ZCOUNT', leases, '-inf', '(' .. now)
return numbers
