import { spin } from './work.mjs';

/** What BullMQ runs in a thread or process of its own. */
export default (job) => Promise.resolve(spin(job.data));
