-- SURVEY: hosts that are looked at, of those that are held and of those that are not, and hosts that are named.
-- Answers {{discovered, done, failed, skipped, hosts that wait, of those the ones that are due, hosts that are held, of
-- those the ones whose lease is over, URLs at held hosts, URLs at others, hosts that were looked at}, pairs of a session
-- and how many hosts it holds, {host, URLs, session or nothing, milliseconds until its lease ends or it may be asked}
-- of those with most URLs, the same of those whose lease is over for longest}.
local now, most, named = clock(), tonumber(ARGV[3]), tonumber(ARGV[4])
local row = redis.call('HMGET', counts, 'discovered', 'done', 'failed', 'skipped')
local numbers = {}
for at = 1, 4 do numbers[at] = tonumber(row[at] or 0) end
local until_now = string.format('%d', now)
numbers[5] = redis.call('ZCARD', ready)
numbers[6] = redis.call('ZCOUNT', ready, '-inf', until_now)
numbers[7] = redis.call('ZCARD', leases)
numbers[8] = redis.call('ZCOUNT', leases, '-inf', '(' .. until_now)

local held, sessions, whose = redis.call('HGETALL', owners), {}, {}
for at = 1, #held, 2 do
  local session = string.match(held[at + 1], ' (.*)$')
  sessions[session] = (sessions[session] or 0) + 1
  whose[held[at]] = session
end
local holders = {}
for session, hosts in pairs(sessions) do
  holders[#holders + 1] = session
  holders[#holders + 1] = hosts
end

local function waiting(host)
  local queue, urls = tag .. ':q:', 0
  local gaps = redis.call('HMGET', tag .. ':h:' .. host, 'g0', 'g1', 'g2', 'g3')
  for band = 0, 3 do
    urls = urls + redis.call('LLEN', queue .. band .. ':' .. host)
    if gaps[band + 1] then urls = urls - redis.call('SCARD', tag .. ':d:' .. band .. ':' .. host) end
  end
  return urls
end
local function look(set)
  local rows, sum = {}, 0
  local all = redis.call('ZRANGE', set, 0, most - 1, 'WITHSCORES')
  for at = 1, #all, 2 do
    local urls = waiting(all[at])
    sum = sum + urls
    rows[#rows + 1] = { all[at], urls, whose[all[at]] or '', math.floor(tonumber(all[at + 1]) - now) }
  end
  return rows, sum
end
local function first(rows, before)
  table.sort(rows, before)
  for at = #rows, named + 1, -1 do rows[at] = nil end
  -- Integers as text: what is past is less than nothing.
  for _, entry in ipairs(rows) do entry[4] = string.format('%d', entry[4]) end
  return rows
end
local of_leases, at_held = look(leases)
local of_ready, at_free = look(ready)
numbers[9], numbers[10], numbers[11] = at_held, at_free, #of_leases + #of_ready
local long, over = {}, {}
for _, rows in ipairs({ of_leases, of_ready }) do
  for _, entry in ipairs(rows) do long[#long + 1] = { entry[1], entry[2], entry[3], entry[4] } end
end
for _, entry in ipairs(of_leases) do
  if entry[4] < 0 then over[#over + 1] = { entry[1], entry[2], entry[3], entry[4] } end
end
return {
  numbers, holders,
  first(long, function(a, b) if a[2] ~= b[2] then return a[2] > b[2] end return a[1] < b[1] end),
  first(over, function(a, b) if a[4] ~= b[4] then return a[4] < b[4] end return a[1] < b[1] end),
}
