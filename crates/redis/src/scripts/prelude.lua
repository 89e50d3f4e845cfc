-- What all scripts of a partition begin with. KEYS[1] is the partition's tag and begins the name of each of
-- its keys, so that a script touches one slot. ARGV[1] is who calls, ARGV[2] the number of the call.
local tag, worker, number = KEYS[1], ARGV[1], ARGV[2]
local ready, leases, owners = tag .. ':ready', tag .. ':leases', tag .. ':owner'
local counts, call = tag .. ':counts', tag .. ':call:' .. worker

-- The server's clock, in milliseconds since 1970: workers' clocks do not agree.
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- What the same call was answered before, if it is sent again because its answer was lost. One that comes later
-- than a newer one has nobody who waits for its answer.
local function answered()
  local kept = redis.call('GET', call)
  if not kept then return nil end
  local gap = string.find(kept, ' ', 1, true)
  if tonumber(string.sub(kept, 1, gap - 1)) >= tonumber(number) then return string.sub(kept, gap + 1) end
end

-- Keeps the answer for an hour, longer than any call is tried.
local function answer(text)
  redis.call('SET', call, number .. ' ' .. text, 'PX', 3600000)
  return text
end

-- When a host may be asked again, at the earliest.
local function allowed(host, now)
  local next = redis.call('HGET', tag .. ':h:' .. host, 'next')
  return next and math.max(now, tonumber(next)) or now
end

-- Takes a host from whoever holds it.
local function let_go(host)
  redis.call('ZREM', leases, host)
  redis.call('HDEL', owners, host)
end

-- Tells whether URLs wait at a host, those that are claimed included: an empty list is no key.
local function has_urls(host)
  local queue = tag .. ':q:'
  return redis.call('EXISTS', queue .. '0:' .. host, queue .. '1:' .. host, queue .. '2:' .. host,
    queue .. '3:' .. host) > 0
end

-- Lets go of a host, and keeps others from it for some milliseconds.
local function give_back(host, rest)
  let_go(host)
  local now = clock()
  local at = allowed(host, now + rest)
  if at > now then redis.call('HSET', tag .. ':h:' .. host, 'next', at) end
  if has_urls(host) then redis.call('ZADD', ready, at, host) end
end
