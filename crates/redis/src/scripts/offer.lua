-- OFFER: groups of {host, band, count, count x {fingerprint, parcel}}. Answers a digit for each URL, in this
-- order: 1 for a new one.
local kept = answered()
if kept then return kept end
local known = tonumber(redis.call('HGET', counts, 'discovered') or 0)
local buckets = tonumber(redis.call('HGET', counts, 'buckets') or 1)
-- The greatest power of two that is not more than the buckets there are.
local level = 1
while level * 2 <= buckets do level = level * 2 end

-- Linear hashing: buckets are split one after the other, so that each holds some 200 fingerprints, and never
-- more than the 512 integers that the server keeps packed.
local sets = tag .. ':s:'

-- The upper bits, which a double holds exactly.
local function bits(print) return math.floor(tonumber(print) / 17179869184) end
local function bucket(print)
  local at = bits(print) % (level * 2)
  if at >= buckets then at = at % level end
  return sets .. at
end

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
if fresh > 0 then
  known = redis.call('HINCRBY', counts, 'discovered', fresh)
  local before = buckets
  while known > 200 * buckets do
    if buckets >= level * 2 then level = level * 2 end
    local from, to = sets .. (buckets - level), {}
    local stay = {}
    for _, print in ipairs(redis.call('SMEMBERS', from)) do
      local half = bits(print) % (level * 2) == buckets and to or stay
      half[#half + 1] = print
    end
    redis.call('DEL', from)
    if #stay > 0 then redis.call('SADD', from, unpack(stay)) end
    if #to > 0 then redis.call('SADD', sets .. buckets, unpack(to)) end
    buckets = buckets + 1
  end
  if buckets ~= before then redis.call('HSET', counts, 'buckets', string.format('%d', buckets)) end
end
return answer(table.concat(answers))
