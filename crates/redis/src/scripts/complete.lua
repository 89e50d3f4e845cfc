-- COMPLETE: milliseconds that a host rests when it is let go of, then groups of {host, token, whether the caller
-- has nothing left of it, whether there is a note, note, count, count x {band, position, end}}. An empty token
-- stands for a host that nobody holds. Answers a letter for each host: s for a stale token, h for held, r for
-- released. URLs are taken off the head; those behind one that is not done are remembered by their positions,
-- which are never used twice.
local kept = answered()
if kept then return kept end
local rest, letters, ends = tonumber(ARGV[3]), {}, { d = 0, f = 0, s = 0 }
local at = 4
while at <= #ARGV do
  local host, token, drained = ARGV[at], ARGV[at + 1], ARGV[at + 2] == '1'
  local noted, note, count = ARGV[at + 3] == '1', ARGV[at + 4], tonumber(ARGV[at + 5])
  at = at + 6
  local row = tag .. ':h:' .. host
  local owner = redis.call('HGET', owners, host)
  local mine = owner == token .. ' ' .. worker
  if token == '' then mine = not owner end
  local letter = 's'
  if mine then
    letter = 'r'
    if noted then redis.call('HSET', row, 'note', note) end
    if token ~= '' then
      local bands = {}
      for i = at, at + 3 * count - 3, 3 do
        local done = bands[ARGV[i]] or {}
        done[tonumber(ARGV[i + 1])] = ARGV[i + 2]
        bands[ARGV[i]] = done
      end
      for band, done in pairs(bands) do
        local queue, holes = tag .. ':q:' .. band .. ':' .. host, tag .. ':d:' .. band .. ':' .. host
        local base = tonumber(redis.call('HGET', row, 'b' .. band) or 0)
        local gaps = redis.call('EXISTS', holes) == 1
        for position, how in pairs(done) do
          local before = position < base or (gaps and redis.call('SISMEMBER', holes, position) == 1)
          if not before then ends[how] = ends[how] + 1 end
        end
        local head = base
        while true do
          local hole = gaps and redis.call('SREM', holes, head) == 1
          if not done[head] and not hole then break end
          head = head + 1
        end
        for position in pairs(done) do
          if position > head then redis.call('SADD', holes, position) end
        end
        if head > base then
          redis.call('LTRIM', queue, head - base, -1)
          redis.call('HSET', row, 'b' .. band, string.format('%d', head))
        end
      end
      if drained or waiting(host) == 0 then give_back(host, rest) else letter = 'h' end
    end
  end
  at = at + 3 * count
  letters[#letters + 1] = letter
end
if ends.d > 0 then redis.call('HINCRBY', counts, 'done', ends.d) end
if ends.f > 0 then redis.call('HINCRBY', counts, 'failed', ends.f) end
if ends.s > 0 then redis.call('HINCRBY', counts, 'skipped', ends.s) end
return answer(table.concat(letters))
