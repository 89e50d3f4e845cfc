-- LABEL: answers what a crawl is labelled with; nothing where there is none.
return redis.call('HGETALL', KEYS[1] .. ':crawl')
