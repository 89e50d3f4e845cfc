-- ENDED: URLs that are done, failed, skipped, then fingerprints, all of URLs that ended elsewhere. Answers a digit for
-- each: 1 for one that is new.
local kept = answered()
if kept then return kept end
local answers, fresh = {}, 0
for at = 6, #ARGV do
  local added = redis.call('SADD', bucket(ARGV[at]), ARGV[at])
  fresh = fresh + added
  answers[#answers + 1] = added == 1 and '1' or '0'
end
if fresh > 0 then grow(fresh) end
for at, what in ipairs({ 'done', 'failed', 'skipped' }) do
  if tonumber(ARGV[at + 2]) > 0 then redis.call('HINCRBY', counts, what, ARGV[at + 2]) end
end
return answer(table.concat(answers))
