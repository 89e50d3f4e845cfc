-- KNOWN: the number of a bucket. Answers {how many buckets there are, the fingerprints in this one}.
return {
  tonumber(redis.call('HGET', counts, 'buckets') or 1),
  redis.call('SMEMBERS', tag .. ':s:' .. ARGV[3]),
}
