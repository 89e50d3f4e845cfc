-- HOSTS: held or free, how many to pass over, how many. Answers names of hosts with URLs.
local from = tonumber(ARGV[4])
return redis.call('ZRANGE', ARGV[3] == 'held' and leases or ready, from, from + tonumber(ARGV[5]) - 1)
