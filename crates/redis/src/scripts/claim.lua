-- CLAIM: milliseconds of a lease, URLs of a chunk, hosts that are wanted, expired leases to look at, milliseconds
-- that their hosts rest, then the hosts whose next chunk is wanted: groups of {host, token, four positions to read
-- from}. Answers for each host {host, token, note, more, four positions read up to, {band, first position,
-- {parcel..}, band..}, rules, milliseconds that they hold}, the last two only with a new lease; an empty token says
-- that the lease is gone. URLs stay where they are until they are completed.
local kept = answered()
local plan = {}
if kept then
  plan = cmsgpack.unpack(kept)
else
  local now = clock()
  local until_when = now + tonumber(ARGV[3])
  local expired = redis.call('ZRANGEBYSCORE', leases, '-inf', '(' .. string.format('%d', now), 'LIMIT', 0, ARGV[6])
  for _, host in ipairs(expired) do
    -- Nobody knows when it was asked last.
    give_back(host, tonumber(ARGV[7]))
  end
  for at = 8, #ARGV, 6 do
    local host, token = ARGV[at], ARGV[at + 1]
    if redis.call('HGET', owners, host) == token .. ' ' .. worker then
      redis.call('ZADD', leases, until_when, host)
      plan[#plan + 1] = { host, token, ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5] }
    else
      plan[#plan + 1] = { host, '' }
    end
  end
  if tonumber(ARGV[5]) > 0 and redis.call('HEXISTS', counts, 'halted') == 0 then
    -- The clock may have gone on while hosts were given back above.
    local due = redis.call('ZRANGEBYSCORE', ready, '-inf', clock(), 'LIMIT', 0, ARGV[5])
    for _, host in ipairs(due) do
      redis.call('ZREM', ready, host)
      local token = string.format('%d', redis.call('INCR', tag .. ':epoch'))
      redis.call('HSET', owners, host, token .. ' ' .. worker)
      redis.call('ZADD', leases, until_when, host)
      plan[#plan + 1] = { host, token }
    end
  end
  answer(cmsgpack.pack(plan))
end

local chunk, replies = tonumber(ARGV[4]), {}
for _, entry in ipairs(plan) do
  local host, token = entry[1], entry[2]
  local reply = { host, token }
  if token ~= '' then
    local row = redis.call('HMGET', tag .. ':h:' .. host, 'note', 'b0', 'b1', 'b2', 'b3', 'g0', 'g1', 'g2', 'g3')
    local left, more, urls = chunk, '0', {}
    reply[3] = row[1] or ''
    for band = 0, 3 do
      local base = tonumber(row[band + 2] or 0)
      local at = math.max(base, tonumber(entry[band + 3] or 0))
      local holes = row[band + 6] and tag .. ':d:' .. band .. ':' .. host
      while more == '0' do
        -- One more than is wanted tells whether there are more.
        local from = at - base
        local parcels = redis.call('LRANGE', tag .. ':q:' .. band .. ':' .. host, from, from + left)
        if #parcels == 0 then break end
        if not holes then
          if #parcels > left then more = '1' end
          parcels[left + 1] = nil
          if #parcels > 0 then
            urls[#urls + 1] = string.format('%d', band)
            urls[#urls + 1] = string.format('%d', at)
            urls[#urls + 1] = parcels
          end
          at = at + #parcels
          left = left - #parcels
          break
        end
        -- What is completed already, ahead of what is not, is passed over.
        for _, parcel in ipairs(parcels) do
          if redis.call('SISMEMBER', holes, at) == 0 then
            if left == 0 then
              more = '1'
              break
            end
            urls[#urls + 1] = string.format('%d', band)
            urls[#urls + 1] = string.format('%d', at)
            urls[#urls + 1] = { parcel }
            left = left - 1
          end
          at = at + 1
        end
      end
      reply[5 + band] = string.format('%d', at)
    end
    reply[4] = more
    reply[9] = urls
    if #entry == 2 then
      local rules = tag .. ':r:' .. host
      reply[10] = redis.call('GET', rules) or ''
      reply[11] = math.max(0, redis.call('PTTL', rules))
    end
  end
  replies[#replies + 1] = reply
end
return replies
