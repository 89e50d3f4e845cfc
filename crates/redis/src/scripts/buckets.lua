-- What scripts that add fingerprints begin with, behind the prelude.
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

-- Counts new fingerprints, and splits buckets until each holds some 200 again.
local function grow(fresh)
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

