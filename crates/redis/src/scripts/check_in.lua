-- CHECK IN: the caller's name, session, URLs it ended, seeds it knows, and the number of the limits it knows. Answers
-- {what is ordered, the seeds behind those, the number of the limits, pairs of a host and its limit if that is another
-- number}. Keeps of each worker {session, since when, last seen, ended, and both of some ten seconds before}; of over
-- a thousand workers those that were not seen for a day are forgotten.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local workers, orders = KEYS[1] .. ':workers', KEYS[1] .. ':orders'
local since, then_seen, then_ended = now, now, ARGV[3]
local kept = redis.call('HGET', workers, ARGV[1])
if kept then
  local row = {}
  for field in string.gmatch(kept, '%S+') do row[#row + 1] = field end
  if row[1] == ARGV[2] then
    since, then_seen, then_ended = row[2], row[5], row[6]
    if now - row[5] >= 20000 then then_seen, then_ended = row[3], row[4] end
  end
end
local row = { ARGV[2], since, string.format('%d', now), ARGV[3], then_seen, then_ended }
if not kept and redis.call('HLEN', workers) >= 1024 then
  local all = redis.call('HGETALL', workers)
  for at = 1, #all, 2 do
    local seen = string.match(all[at + 1], '^%S+ %S+ (%S+)')
    if now - seen > 86400000 then redis.call('HDEL', workers, all[at]) end
  end
end
for at = 1, #row do if type(row[at]) == 'number' then row[at] = string.format('%d', row[at]) end end
redis.call('HSET', workers, ARGV[1], table.concat(row, ' '))
local order = redis.call('HMGET', orders, 'run', 'limits')
local number = order[2] or '0'
return {
  order[1] or 'go',
  redis.call('ZRANGE', KEYS[1] .. ':seeds', ARGV[4], -1),
  number,
  number ~= ARGV[5] and redis.call('HGETALL', KEYS[1] .. ':limits') or {},
}
