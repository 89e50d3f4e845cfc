-- RELEASE: groups of {host, token, milliseconds that it rests}. Answers a letter for each: r for
-- released, s for a stale token. What was claimed and not completed waits again, where it was.
local kept = answered()
if kept then return kept end
local letters = {}
for at = 3, #ARGV, 3 do
  local host = ARGV[at]
  local letter = 's'
  if redis.call('HGET', owners, host) == ARGV[at + 1] .. ' ' .. worker then
    give_back(host, tonumber(ARGV[at + 2]))
    letter = 'r'
  end
  letters[#letters + 1] = letter
end
return answer(table.concat(letters))
