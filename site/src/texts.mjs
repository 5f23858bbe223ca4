/** What each code of an error means. */
export const errorCodes = {
  ERR_FILE_CHANGED: '`hashing`: the file changed while it was read.',
  ERR_IMAGE_TOO_LARGE:
    '`images`: more bytes or pixels than allowed, or a result with a side of more than 16,383 pixels.',
  ERR_IMAGE_UNSUPPORTED: "`images`: a compression that this build of sharp can't decode, such as HEIC.",
  ERR_MILLRACE_BAD_DEADLINE: "Servers: the client's own deadline is no number of milliseconds (400).",
  ERR_MILLRACE_BUNDLED: "The package was bundled in a way that its threads can't be started.",
  ERR_MILLRACE_CLIENT_GONE: 'Servers: the client went away, so its work was cancelled.',
  ERR_MILLRACE_CLOSED: '`ExecutorClosedError`: shutdown has begun.',
  ERR_MILLRACE_DEADLOCK: '`DeadlockError` of `millrace/flow`: a wait that can never end.',
  ERR_MILLRACE_FLOW_CLOSED:
    '`FlowClosedError` of `millrace/flow`: the channel, semaphore or limiter is closed.',
  ERR_MILLRACE_INVALID_OPTION: '`InvalidOptionError`: names the option and its value.',
  ERR_MILLRACE_INVALID_TASK: '`InvalidTaskError`: no task, or a module or function that is missing.',
  ERR_MILLRACE_PEER_MISSING: '`PeerError`: an optional package is not installed.',
  ERR_MILLRACE_PEER_VERSION: '`PeerError`: an optional package is too old.',
  ERR_MILLRACE_SATURATED: '`SaturatedError`: no place within `maxWaitMs`, or refused for lack of one.',
  ERR_MILLRACE_TIMEOUT: '`TaskTimeoutError`: `timeoutMs` or `deadlineMs` has passed.',
  ERR_MILLRACE_WORKER_CRASHED: '`WorkerCrashedError`: the thread ended while it ran the task.',
  ERR_NOT_AN_IMAGE: '`images`: no raster image, or a damaged one (then with `damaged: true`).',
  ERR_NOT_A_REGULAR_FILE: '`hashing`, `images`: a pipe, socket or device where a file is needed.',
  ERR_PASSWORD_HASH: '`passwords`: the stored string is no hash, or would cost more than is allowed.',
  ERR_SAME_FILE: '`images`: the result would replace its own input.',
  ERR_UNKNOWN_ALGORITHM: '`hashing`: no such hash algorithm.',
};

/** When each channel is published to. */
export const channels = {
  'millrace:task:submit':
    'when a task has been handed in; it may still be refused. A subscriber may set `carrier`.',
  'millrace:task:start': 'when a thread has begun with a task.',
  'millrace:task:settle': 'when a task has ended: `status`, and `reason` unless it was fulfilled.',
  'millrace:task:refuse': 'when a task was never admitted: `error` is what the caller is told.',
  'millrace:worker:start': 'when a thread is up.',
  'millrace:worker:end': 'when a thread has ended, and why.',
};
