-- RENEW: milliseconds of a lease, then groups of {host, token}. Answers a letter for each: h for held, b for held
-- and blocked or halted meanwhile, s for a stale token. Doing it twice is doing it once.
local now, letters = clock(), {}
local halted = redis.call('HEXISTS', counts, 'halted') == 1
for at = 4, #ARGV, 2 do
  local host = ARGV[at]
  local letter = 's'
  if redis.call('HGET', owners, host) == ARGV[at + 1] .. ' ' .. worker then
    redis.call('ZADD', leases, now + tonumber(ARGV[3]), host)
    letter = (halted or allowed(host, now) > now) and 'b' or 'h'
  end
  letters[#letters + 1] = letter
end
return table.concat(letters)
