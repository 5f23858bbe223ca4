/** What each code of an error means. */
export const errorCodes = {
  ERR_MILLRACE_FILE_CHANGED: '`hashing`: the file changed while it was read.',
  ERR_MILLRACE_IMAGE_TOO_LARGE:
    '`images`: more bytes or pixels than allowed, or a result with a side of more than 16,383 pixels.',
  ERR_MILLRACE_IMAGE_UNSUPPORTED:
    "`images`: a compression that this build of sharp can't decode, such as HEIC.",
  ERR_MILLRACE_BAD_DEADLINE: "Servers: the client's own deadline is no number of milliseconds (400).",
  ERR_MILLRACE_BUNDLED: "The package was bundled in a way that its threads can't be started.",
  ERR_MILLRACE_BUNDLER: '`millrace/unplugin` does not know this bundler.',
  ERR_MILLRACE_CLIENT_GONE: 'Servers: the client went away, so its work was cancelled.',
  ERR_MILLRACE_CLOSED: '`ExecutorClosedError`: shutdown has begun.',
  ERR_MILLRACE_CLUSTER_NO_HOSTS: '`ClusterError`: the queue has had no host for `noHosts.failAfterMs`.',
  ERR_MILLRACE_CLUSTER_REDIS: '`ClusterError`: Redis can’t be reached, or refuses this user.',
  ERR_MILLRACE_CLUSTER_UNFIT:
    '`ClusterError`: Redis is too old, read-only or evicts keys; or no host has the same secret and format.',
  ERR_MILLRACE_DEADLOCK: '`DeadlockError` of `millrace/flow`: a wait that can never end.',
  ERR_MILLRACE_FLOW_CLOSED:
    '`FlowClosedError` of `millrace/flow`: the channel, semaphore or limiter is closed.',
  ERR_MILLRACE_HOST_LOST:
    '`HostLostError`: the host that had the task is gone, and nobody knows whether it has run to its end.',
  ERR_MILLRACE_INSPECTOR: '`openInspector()` can’t listen: the port is in use, for example.',
  ERR_MILLRACE_INVALID_OPTION: '`InvalidOptionError`: names the option and its value.',
  ERR_MILLRACE_INVALID_TASK: '`InvalidTaskError`: no task, or a module or function that is missing.',
  ERR_MILLRACE_NO_ERROR:
    'What a task or a handler threw is no `Error`, where only an `Error` will do: it is the `cause` (`duplex()`, `asyncHandler()`).',
  ERR_MILLRACE_NULL_RESULT: '`duplex()`: a task returned `null`, which is the end to a Node stream.',
  ERR_MILLRACE_NO_REQUEST: '`millrace/nest`: `@Millrace()` where there is no HTTP request.',
  ERR_MILLRACE_PEER_MISSING: '`PeerError`: an optional package is not installed.',
  ERR_MILLRACE_PEER_VERSION: '`PeerError`: an optional package is too old.',
  ERR_MILLRACE_SATURATED: '`SaturatedError`: no place within `maxWaitMs`, or refused for lack of one.',
  ERR_MILLRACE_TIMEOUT: '`TaskTimeoutError`: `timeoutMs` or `deadlineMs` has passed.',
  ERR_MILLRACE_TRACE: '`traceFile()` can’t write its file, or could not write it to its end.',
  ERR_MILLRACE_UNREADABLE:
    'The `cause` of a `WorkerCrashedError` whose own error can’t be read: a getter throws, say.',
  ERR_MILLRACE_WORKER_CRASHED: '`WorkerCrashedError`: the thread ended while it ran the task.',
  ERR_MILLRACE_NOT_AN_IMAGE: '`images`: no raster image, or a damaged one (then with `damaged: true`).',
  ERR_MILLRACE_NOT_A_REGULAR_FILE: '`hashing`, `images`: a pipe, socket or device where a file is needed.',
  ERR_MILLRACE_PASSWORD_HASH:
    '`passwords`: the stored string is no hash, or would cost more than is allowed.',
  ERR_MILLRACE_SAME_FILE: '`images`: the result would replace its own input.',
  ERR_MILLRACE_UNKNOWN_ALGORITHM: '`hashing`: no such hash algorithm.',
};

/** When each channel is published to. */
export const channels = {
  'millrace:task:submit':
    'when a task has been handed in; it may still be refused. A subscriber may set `carrier`.',
  'millrace:task:start': 'when a thread has begun with a task.',
  'millrace:task:settle': 'when a task has ended: `status`, and `reason` unless it was fulfilled.',
  'millrace:task:refuse': 'when a task was never admitted: `error` is what the caller is told.',
  'millrace:task:fail':
    'when a task has not succeeded: rejected, cancelled or refused, with `why` and the `phase` in which it was. The others cost nothing.',
  'millrace:batch:answer':
    'when a worker has answered tasks of a batch, before they settle: one message an answer. `batch` is valid only during the call.',
  'millrace:gate:refuse': 'when an overload gate has refused a task or a request, and `why`.',
  'millrace:worker:start': 'when a thread is up, and `why` it was needed.',
  'millrace:worker:end': 'when a thread has ended, `why`, and what that cost.',
};
