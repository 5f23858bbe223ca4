import { cancellation, current, tasks } from 'millrace/worker';
import { times } from './helper.js';

const more = tasks<typeof import('./more.js')>(new URL('./more.js', import.meta.url));

export async function double(n: number) {
  cancellation().throwIfAborted();
  return times(2, await current().run(more.same(n)));
}
