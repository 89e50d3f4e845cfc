-- ORDER: what all workers are to do: go, pause or stop. Doing it twice is doing it once.
redis.call('HSET', KEYS[1] .. ':orders', 'run', ARGV[1])
return 'k'
