-- WAITING: most URLs of a host and band, then groups of {host, four positions to read from}. Answers for each {note,
-- whether there are more, four positions read up to, {band, parcel, band, parcel..}}. Nothing is changed.
local most, replies = tonumber(ARGV[3]), {}
for at = 4, #ARGV, 5 do
  local host = ARGV[at]
  local row = redis.call('HMGET', tag .. ':h:' .. host, 'note', 'b0', 'b1', 'b2', 'b3', 'g0', 'g1', 'g2', 'g3')
  local more, urls, reply = '0', {}, { row[1] or '', '0' }
  for band = 0, 3 do
    local base = tonumber(row[band + 2] or 0)
    local from = math.max(base, tonumber(ARGV[at + 1 + band]))
    local parcels = redis.call('LRANGE', tag .. ':q:' .. band .. ':' .. host, from - base, from - base + most - 1)
    for place, parcel in ipairs(parcels) do
      local gone = row[band + 6] and redis.call('SISMEMBER', tag .. ':d:' .. band .. ':' .. host, from + place - 1) == 1
      if not gone then
        urls[#urls + 1] = string.format('%d', band)
        urls[#urls + 1] = parcel
      end
    end
    if #parcels == most then more = '1' end
    reply[3 + band] = string.format('%d', from + #parcels)
  end
  reply[2], reply[7] = more, urls
  replies[#replies + 1] = reply
end
return replies
