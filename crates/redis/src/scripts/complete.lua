-- COMPLETE: groups of {host, token, milliseconds that it rests when it is let go of, whether the caller has
-- nothing left of it, whether there is a note, note, URLs that are done, failed, skipped, count, count x {band,
-- first position, positions}}. An empty token stands for a host that nobody holds. Answers a letter for each host: s for a stale token, h for held, r for
-- released. URLs are taken off the head; those behind one that is not done are remembered by their positions,
-- which are never used twice.
local kept = answered()
if kept then return kept end
local letters, done, failed, skipped = {}, 0, 0, 0
local at = 3
while at <= #ARGV do
  local host, token, rest = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  at = at + 1
  local drained = ARGV[at + 2] == '1'
  local noted, note, count = ARGV[at + 3] == '1', ARGV[at + 4], tonumber(ARGV[at + 8])
  local row = tag .. ':h:' .. host
  local owner = redis.call('HGET', owners, host)
  local mine = owner == token .. ' ' .. worker
  if token == '' then mine = not owner end
  local letter = 's'
  if mine then
    letter = 'r'
    if noted then redis.call('HSET', row, 'note', note) end
    if token ~= '' then
      -- A position that is claimed under this token did not end before.
      done, failed, skipped = done + ARGV[at + 5], failed + ARGV[at + 6], skipped + ARGV[at + 7]
      for run = at + 9, at + 9 + 3 * count - 3, 3 do
        local band, first, positions = ARGV[run], tonumber(ARGV[run + 1]), tonumber(ARGV[run + 2])
        local holes = tag .. ':d:' .. band .. ':' .. host
        local kept = redis.call('HMGET', row, 'b' .. band, 'g' .. band)
        local base, gaps = tonumber(kept[1] or 0), kept[2]
        if first > base then
          for position = first, first + positions - 1 do redis.call('SADD', holes, position) end
          if not gaps then redis.call('HSET', row, 'g' .. band, '1') end
        else
          local head = first + positions
          if gaps then
            while redis.call('SREM', holes, head) == 1 do head = head + 1 end
            if redis.call('EXISTS', holes) == 0 then redis.call('HDEL', row, 'g' .. band) end
          end
          if head > base then
            redis.call('LTRIM', tag .. ':q:' .. band .. ':' .. host, head - base, -1)
            redis.call('HSET', row, 'b' .. band, string.format('%d', head))
          end
        end
      end
      if drained or not has_urls(host) then give_back(host, rest) else letter = 'h' end
    end
  end
  at = at + 9 + 3 * count
  letters[#letters + 1] = letter
end
if done > 0 then redis.call('HINCRBY', counts, 'done', done) end
if failed > 0 then redis.call('HINCRBY', counts, 'failed', failed) end
if skipped > 0 then redis.call('HINCRBY', counts, 'skipped', skipped) end
return answer(table.concat(letters))
