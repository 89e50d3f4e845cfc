-- RULES: a host, milliseconds that its robots rules hold, and the rules. Doing it twice is doing it once.
redis.call('SET', tag .. ':r:' .. ARGV[3], ARGV[5], 'PX', ARGV[4])
return 'k'
