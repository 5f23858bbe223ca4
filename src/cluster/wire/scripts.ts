/*
 * The scripts that Redis runs atomically. Each batch has one hash, which counts its begins and fences late hosts. So BullMQ's
 * at-least-once delivery becomes at most `1 + retries` runs, as long as Redis keeps what it has acknowledged.
 *
 * ```
 * open ──begin: n = 1, fence A──→ begun ──reply…──→ done
 *                                   └──begin: n = 2, fence B──→ begun: A is superseded
 * ```
 *
 * Positions below the watermark `w` may have begun. A host raises the watermark before it hands tasks to its threads, and never
 * begins the positions that were cancelled until then (`c`).
 */

/** A script. Its first `keys` arguments are keys. */
export interface Script {
  readonly name: string;
  readonly keys: number;
  readonly lua: string;
}

/**
 * Opens a batch. KEYS batch; ARGV lifetime in milliseconds, producer, tasks, key. The producer sends it right before it adds the
 * batch to BullMQ's queue: a host begins only open batches.
 *
 * `beginFetched` reads the last two: the number of tasks, which is 0 if the payload lies under a key that may have expired when a host
 * reads it; and the key, which tells with which secret the batch is sealed.
 *
 * Returns 1 if the batch was new, else 0.
 */
export const openScript: Script = {
  name: 'mrOpen',
  keys: 1,
  lua: `
local fresh = redis.call('HSETNX', KEYS[1], 'n', 0)
if fresh == 1 then redis.call('HSET', KEYS[1], 'p', ARGV[2], 't', ARGV[3], 'k', ARGV[4]) end
if redis.call('HEXISTS', KEYS[1], 'done') == 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return fresh`,
};

const beginFunction = `
local function begin(batch, life, fence, window, total, lifetime)
  local n = redis.call('HGET', batch, 'n')
  if not n then return {'unknown'} end
  if redis.call('HEXISTS', batch, 'done') == 1 then return {'done'} end
  if redis.call('EXISTS', life) == 0 then return {'orphan'} end
  local w = tonumber(redis.call('HGET', batch, 'w') or '0')
  local upTo = w
  -- The same host asks again, because it has got no answer: it has begun nothing.
  if redis.call('HGET', batch, 'f') == fence then
    w = tonumber(redis.call('HGET', batch, 'o'))
  else
    n = redis.call('HINCRBY', batch, 'n', 1)
    upTo = math.min(w + tonumber(window), tonumber(total))
    redis.call('HSET', batch, 'f', fence, 'o', w, 'w', upTo)
  end
  redis.call('PEXPIRE', batch, lifetime)
  local a = redis.call('HGET', batch, 'a') or ''
  local c = redis.call('HGET', batch, 'c') or ''
  return {'begun', tonumber(n), w, upTo, a, c}
end`;

/**
 * Begins a batch on one host. KEYS batch, producer's life sign; ARGV fence, tasks of the window, tasks of the batch, lifetime in
 * milliseconds. The host may repeat the call with the same fence until Redis answers.
 *
 * Returns `unknown` if the batch is not open, `done` if it is answered, `orphan` if its producer is gone; else `begun` with the number
 * of begins, the old and the new watermark, the answered and the cancelled positions.
 */
export const beginScript: Script = {
  name: 'mrBegin',
  keys: 2,
  lua: `${beginFunction}
return begin(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4])`,
};

/**
 * Begins the batch that BullMQ has just handed out under a lock's token, so that a small batch needs no round trip of its own. It leaves
 * three kinds of batches to `begin`: those with more tasks than the host begins at once, those sealed with another secret, and those
 * that were begun before, which may still run on this host.
 *
 * KEYS BullMQ's list of active jobs; ARGV token, fence, key, most tasks, lifetime in milliseconds, prefixes of BullMQ's jobs, batches and
 * life signs. Returns the batch and what `begin` returns; nothing if there is no such batch among the first eight of the list.
 */
export const beginFetchedScript: Script = {
  name: 'mrBeginFetched',
  keys: 1,
  lua: `${beginFunction}
for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, 7)) do
  if redis.call('GET', ARGV[6] .. id .. ':lock') == ARGV[1] then
    local batch = ARGV[7] .. id
    local found = redis.call('HMGET', batch, 'p', 't', 'k', 'n')
    local total = tonumber(found[2] or '0')
    if total == 0 or total > tonumber(ARGV[4]) or found[3] ~= ARGV[3] or found[4] ~= '0' then return {} end
    return {id, begin(batch, ARGV[8] .. found[1], ARGV[2], total, total, ARGV[5])}
  end
end
return {}`,
};

/**
 * Undoes the begins of `beginFetched` with a fence whose answer the host did not get, for example because its connection broke.
 *
 * KEYS BullMQ's list of active jobs; ARGV fence, the batch whose begin the host keeps (empty for none), prefix of batches. Returns the
 * number of undone begins.
 */
export const retractScript: Script = {
  name: 'mrRetract',
  keys: 1,
  lua: `
local count = 0
for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  local batch = ARGV[3] .. id
  if id ~= ARGV[2] and redis.call('HGET', batch, 'f') == ARGV[1] and redis.call('HEXISTS', batch, 'done') == 0 then
    redis.call('HINCRBY', batch, 'n', -1)
    redis.call('HSET', batch, 'w', redis.call('HGET', batch, 'o'))
    redis.call('HDEL', batch, 'f')
    count = count + 1
  end
end
return count`,
};

/**
 * Adds a host's reply to its producer's stream. KEYS batch, reply stream; ARGV fence, all positions answered so far as bits, watermark,
 * last (0 or 1), lifetimes in milliseconds of an open batch, of a done one and of the stream, batch, body, seal.
 *
 * Returns 1 and the cancelled positions. Returns 0, and changes nothing, if another host has begun the batch or if it is done.
 */
export const replyScript: Script = {
  name: 'mrReply',
  keys: 2,
  lua: `
if redis.call('HGET', KEYS[1], 'f') ~= ARGV[1] then return {0} end
if redis.call('HEXISTS', KEYS[1], 'done') == 1 then return {0} end
local w = tonumber(redis.call('HGET', KEYS[1], 'w') or '0')
redis.call('HSET', KEYS[1], 'a', ARGV[2], 'w', math.max(w, tonumber(ARGV[3])))
redis.call('XADD', KEYS[2], '*', 'b', ARGV[8], 'm', ARGV[9], 's', ARGV[10])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
if ARGV[4] == '1' then
  redis.call('HSET', KEYS[1], 'done', 1)
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
end
return {1, redis.call('HGET', KEYS[1], 'c') or ''}`,
};

/**
 * Cancels positions of a batch. KEYS batch; ARGV mode, positions. The mode `recall` marks only positions that have not begun; `cancel`
 * also marks those that may have begun.
 *
 * Returns for each position 0: it never begins, 1: it may have begun, 2: it is answered, 3: the batch is not open.
 */
export const cancelScript: Script = {
  name: 'mrCancel',
  keys: 1,
  lua: `
local answers = {}
local n = redis.call('HGET', KEYS[1], 'n')
local done = redis.call('HEXISTS', KEYS[1], 'done') == 1
local w = tonumber(redis.call('HGET', KEYS[1], 'w') or '0')
local a = redis.call('HGET', KEYS[1], 'a') or ''
local c = redis.call('HGET', KEYS[1], 'c') or ''
local marked = {}
for position in string.gmatch(c, '%d+') do marked[position] = true end
local added = {}
for i = 2, #ARGV do
  local position = tonumber(ARGV[i])
  local byte = string.byte(a, math.floor(position / 8) + 1) or 0
  local answered = math.floor(byte / 2 ^ (position % 8)) % 2 == 1
  local answer
  if not n then answer = 3
  elseif done or answered then answer = 2
  elseif position >= w then answer = 0
  else answer = 1 end
  if answer == 0 or (answer == 1 and ARGV[1] == 'cancel') then
    if not marked[ARGV[i]] then
      marked[ARGV[i]] = true
      added[#added + 1] = ARGV[i]
    end
  end
  answers[#answers + 1] = answer
end
if #added > 0 then redis.call('HSET', KEYS[1], 'c', c .. table.concat(added, ',') .. ',') end
return answers`,
};

/**
 * Asks the hosts to stop a task that has begun. KEYS batch; ARGV position, request, channel. The request also goes to the batch's hash:
 * the channel may lose it, or bring it before the host knows the batch.
 */
export const stopScript: Script = {
  name: 'mrStop',
  keys: 1,
  lua: `
if redis.call('HEXISTS', KEYS[1], 'n') == 1 then redis.call('HSET', KEYS[1], 's' .. ARGV[1], ARGV[2]) end
return redis.call('PUBLISH', ARGV[3], ARGV[2])`,
};

/**
 * Renews the life sign of a host or a producer. KEYS life sign, sorted set of all of its kind; ARGV id, text, lifetime in milliseconds.
 * The score is the time in seconds by Redis' clock, so that no other clock matters. Returns that time.
 */
export const signScript: Script = {
  name: 'mrSign',
  keys: 2,
  lua: `
local now = tonumber(redis.call('TIME')[1])
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], 0, now - 120)
redis.call('PEXPIRE', KEYS[2], 120000)
return now`,
};

export const scripts: readonly Script[] = [
  openScript,
  beginScript,
  beginFetchedScript,
  retractScript,
  replyScript,
  cancelScript,
  stopScript,
  signScript,
];
