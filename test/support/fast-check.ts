import fc from 'fast-check';

/** `MILLRACE_SEED=n` plays the same scripts each time; else each run plays new ones. */
const seed = process.env['MILLRACE_SEED'];
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) });

export default fc;
