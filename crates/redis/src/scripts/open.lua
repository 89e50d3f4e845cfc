-- OPEN: pairs of what a new crawl is labelled with. The first worker's are kept; answers what is kept.
local label = KEYS[1] .. ':crawl'
if redis.call('EXISTS', label) == 0 then redis.call('HSET', label, unpack(ARGV)) end
return redis.call('HGETALL', label)
