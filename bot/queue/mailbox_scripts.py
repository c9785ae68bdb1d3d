"""The state machine of accepted messages as Lua, each step atomic within one thread's keys.

All keys of a thread share a hash tag, so that a cluster keeps them on one node. Time is the
server's: processes may disagree about the hour.
"""

_NOW = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
"""

# Puts an entry on the watch list, unless it is there; -1 where the list is full.
# KEYS list; ARGV entry, delay ms, the most entries
WATCH = (
    _NOW
    + """
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return -1 end
return redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
"""
)

# Returns the entries whose time has come, and looks at them again only after a while.
# KEYS list; ARGV the most entries, delay ms
DUE = (
    _NOW
    + """
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, entry in ipairs(due) do redis.call('ZADD', KEYS[1], now + ARGV[2], entry) end
return due
"""
)

# Looks at an entry again after a delay. KEYS list; ARGV delay ms, entries
POSTPONE = (
    _NOW
    + """
for n = 2, #ARGV do redis.call('ZADD', KEYS[1], 'XX', now + ARGV[1], ARGV[n]) end
return 0
"""
)

# Takes a message once: 'new', 'seen' (and its state), 'removed' or 'full'.
# KEYS record, seen event, waiting, ours
# ARGV message id, sealed, author, order, record ttl s, seen ttl s, the most waiting, ours ttl s
ACCEPT = (
    _NOW
    + """
if redis.call('EXISTS', KEYS[2]) == 1 then
  return {'seen', redis.call('HGET', KEYS[1], 'state') or ''}
end
local state = redis.call('HGET', KEYS[1], 'state')
if state and state ~= 'edited' then
  redis.call('SET', KEYS[2], '1', 'EX', ARGV[6])
  return {'seen', state}
end
if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[7]) then return {'full', ''} end
local sealed = ARGV[2]
if state then sealed = redis.call('HGET', KEYS[1], 'sealed') end
redis.call('SET', KEYS[2], '1', 'EX', ARGV[6])
redis.call('HSET', KEYS[1], 'state', 'received', 'sealed', sealed, 'author', ARGV[3], 'at', now)
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[1])
redis.call('EXPIRE', KEYS[3], ARGV[5])
if tonumber(ARGV[8]) > 0 then redis.call('SET', KEYS[4], '1', 'EX', ARGV[8]) end
return {'new', 'received'}
"""
)

# Notes that a task for the message is in the queue. KEYS record
QUEUED = """
if redis.call('HGET', KEYS[1], 'state') ~= 'received' then return 0 end
return redis.call('HSET', KEYS[1], 'state', 'queued') + 1
"""

# Changes a message that waits; keeps the change for one that has not come yet.
# KEYS record, waiting; ARGV message id, sealed, ttl s of a change that came early, is it kept
EDIT = """
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then
  redis.call('HSET', KEYS[1], 'sealed', ARGV[2])
  return 'changed'
end
local state = redis.call('HGET', KEYS[1], 'state')
if (state and state ~= 'edited') or ARGV[4] == '0' then return 'late' end
redis.call('HSET', KEYS[1], 'state', 'edited', 'sealed', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 'early'
"""

# Takes a message back that waits, or that has not come yet.
# KEYS record, waiting; ARGV message id, ttl s
REMOVE = """
local state = redis.call('HGET', KEYS[1], 'state')
local waits = redis.call('ZREM', KEYS[2], ARGV[1])
if state and state ~= 'edited' and waits == 0 then return 'late' end
redis.call('HDEL', KEYS[1], 'sealed')
redis.call('HSET', KEYS[1], 'state', 'removed')
redis.call('EXPIRE', KEYS[1], ARGV[2])
return waits == 1 and 'removed' or 'early'
"""

# Takes the thread's lease and with it the turn that was begun, or the oldest messages that wait:
# those of one author, as one turn. Returns the kind and then the turn.
# KEYS lease, turn, waiting, replies
# ARGV token, lease ms, record prefix, the most messages, ttl s of a turn
CLAIM = (
    _NOW
    + """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return {'busy'} end
local kind = 'taken_over'
if redis.call('EXISTS', KEYS[2]) == 0 then
  kind = 'new'
  local ids = redis.call('ZRANGE', KEYS[3], 0, ARGV[4] - 1)
  if #ids == 0 then
    redis.call('DEL', KEYS[1])
    return {'empty'}
  end
  local author = redis.call('HGET', ARGV[3] .. ids[1], 'author')
  local members = {}
  for _, id in ipairs(ids) do
    if redis.call('HGET', ARGV[3] .. id, 'author') ~= author then break end
    table.insert(members, id)
  end
  for _, id in ipairs(members) do
    redis.call('ZREM', KEYS[3], id)
    redis.call('HSET', ARGV[3] .. id, 'state', 'answering')
  end
  redis.call('HSET', KEYS[2], 'members', table.concat(members, ' '), 'deaths', 0)
elseif redis.call('HGET', KEYS[2], 'held') == '1' then
  redis.call('HINCRBY', KEYS[2], 'deaths', 1)
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('HSET', KEYS[2], 'held', '1')
redis.call('EXPIRE', KEYS[2], ARGV[5])
local turn = redis.call('HMGET', KEYS[2], 'members', 'places', 'deaths')
local found = {kind, turn[2] or '', tonumber(turn[3]), redis.call('SMEMBERS', KEYS[4])}
for id in string.gmatch(turn[1], '%S+') do
  local record = redis.call('HMGET', ARGV[3] .. id, 'sealed', 'at')
  table.insert(found, id)
  table.insert(found, record[1] or '')
  table.insert(found, now - (tonumber(record[2]) or now))
end
return found
"""
)

# Keeps the lease; 0 where it is lost. KEYS lease; ARGV token, lease ms
RENEW = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""

# Notes where the reply stands; 0 where the lease is lost.
# KEYS lease, turn, replies; ARGV token, ttl s, places
NOTE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], 'places', ARGV[3])
for place in string.gmatch(ARGV[3], '%S+') do redis.call('SADD', KEYS[3], place) end
redis.call('EXPIRE', KEYS[3], ARGV[2])
return 1
"""

# Closes the turn: 'lost', 'more' where messages wait (the lease is kept for them), or 'done'.
# KEYS lease, turn, waiting
# ARGV token, lease ms, record prefix, state, error id, reason, ttl s of a closed record
CLOSE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
local turn = redis.call('HMGET', KEYS[2], 'members', 'places')
for id in string.gmatch(turn[1] or '', '%S+') do
  local record = ARGV[3] .. id
  redis.call('HSET', record, 'state', ARGV[4], 'error', ARGV[5], 'reason', ARGV[6],
    'places', turn[2] or '')
  if ARGV[4] == 'answered' then redis.call('HDEL', record, 'sealed') end
  redis.call('EXPIRE', record, ARGV[7])
end
redis.call('DEL', KEYS[2])
if redis.call('ZCARD', KEYS[3]) == 0 then
  redis.call('DEL', KEYS[1])
  return 'done'
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 'more'
"""

# Gives the turn back as it is, for whoever claims it next. KEYS lease, turn; ARGV token
HAND_BACK = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('HSET', KEYS[2], 'held', '0') end
return redis.call('DEL', KEYS[1])
"""

# Tells how a message is: its state, its age in ms, and whether somebody holds its thread.
# KEYS record, lease
LOOK = (
    _NOW
    + """
local record = redis.call('HMGET', KEYS[1], 'state', 'at')
return {record[1] or '', now - (tonumber(record[2]) or now), redis.call('EXISTS', KEYS[2])}
"""
)

# Lets a failed message wait again; its apology is what the answer will replace.
# KEYS record, waiting, turn, lease; ARGV message id, record ttl s
REOPEN = (
    _NOW
    + """
if redis.call('HGET', KEYS[1], 'state') ~= 'failed' then return 'not_failed' end
if redis.call('HEXISTS', KEYS[1], 'sealed') == 0 then return 'forgotten' end
if redis.call('EXISTS', KEYS[3]) == 1 or redis.call('EXISTS', KEYS[4]) == 1
  or redis.call('ZCARD', KEYS[2]) > 0 then return 'busy' end
redis.call('HSET', KEYS[3], 'members', ARGV[1], 'deaths', 0, 'held', '0',
  'places', redis.call('HGET', KEYS[1], 'places') or '')
redis.call('HSET', KEYS[1], 'state', 'received', 'at', now)
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 'reopened'
"""
)
