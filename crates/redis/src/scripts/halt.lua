-- HALT: 1 has the partition hand out no further hosts, and its holders give them back; 0 ends that. Doing it twice is
-- doing it once.
if ARGV[3] == '1' then
  redis.call('HSET', counts, 'halted', '1')
else
  redis.call('HDEL', counts, 'halted')
end
return 'k'
