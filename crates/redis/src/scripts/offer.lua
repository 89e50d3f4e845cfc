-- OFFER: groups of {host, band, count, count x {fingerprint, parcel}}. Answers a digit for each URL, in this
-- order: 1 for a new one.
local kept = answered()
if kept then return kept end
local answers, fresh, at = {}, 0, 3
while at <= #ARGV do
  local host, band, count = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  at = at + 3
  local parcels = {}
  for i = at, at + 2 * count - 2, 2 do
    if redis.call('SADD', bucket(ARGV[i]), ARGV[i]) == 1 then
      parcels[#parcels + 1] = ARGV[i + 1]
      answers[#answers + 1] = '1'
    else
      answers[#answers + 1] = '0'
    end
  end
  at = at + 2 * count
  if #parcels > 0 then
    redis.call('RPUSH', tag .. ':q:' .. band .. ':' .. host, unpack(parcels))
    fresh = fresh + #parcels
    if redis.call('HEXISTS', owners, host) == 0 then
      redis.call('ZADD', ready, 'NX', allowed(host, clock()), host)
    end
  end
end
if fresh > 0 then grow(fresh) end
return answer(table.concat(answers))
