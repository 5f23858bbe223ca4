import { parentPort } from 'node:worker_threads';

/** Takes so long as an item of work does. */
function work(us) {
  if (us === 0) return;
  const end = performance.now() + us / 1000;
  while (performance.now() < end);
}

/** An item of so many bytes: text, if it is small, as the field of a row is. */
const itemOf = (bytes, n) => (bytes > 1000 ? new Uint8Array(bytes) : `${n}`.padEnd(bytes, '.'));

export function* items(count, bytes, us) {
  for (let n = 0; n < count; n++) {
    work(us);
    yield itemOf(bytes, n);
  }
}

/** What one writes by hand: a message for each item; with a window, as many as the reader has asked for. */
async function post({ count, bytes, us, window }) {
  let credit = window ?? Infinity;
  let more;
  parentPort.on('message', ({ read }) => {
    credit += read;
    more?.();
  });
  for (let n = 0; n < count; n++) {
    if (credit-- === 0) await new Promise((resolve) => (more = resolve));
    work(us);
    parentPort.postMessage(itemOf(bytes, n));
  }
  parentPort.postMessage(undefined);
}

/** A stream that moves to the reader. */
function stream({ count, bytes, us, window }) {
  // The stream does not keep its thread alive, which is ended by the reader.
  setInterval(() => {}, 1000);
  let n = 0;
  const readable = new ReadableStream(
    {
      pull(controller) {
        if (n === count) return controller.close();
        work(us);
        return controller.enqueue(itemOf(bytes, n++));
      },
    },
    { highWaterMark: window },
  );
  parentPort.postMessage(readable, [readable]);
}

parentPort?.once('message', (message) => {
  if (message.way === 'post') void post(message);
  if (message.way === 'stream') stream(message);
});
