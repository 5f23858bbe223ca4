import { parse as acorn } from 'acorn';
import { format as prettier } from 'prettier';
import { minify as terser } from 'terser';
import { parentPort } from 'node:worker_threads';

/** The packages behind functions of one argument, for those whose tasks are that. */
export const minify = ([code]) => terser(code);
export const format = ([code, options]) => prettier(code, options);
export const parse = ([code, options]) => acorn(code, options);

// A bare thread: does its files in a loop, and answers once.
const works = { minify, format, parse };
async function answer({ work, calls }) {
  const results = [];
  for (const args of calls) results.push(await works[work](args));
  parentPort.postMessage(results);
}
parentPort?.on('message', (message) => {
  if (message?.bare === true) void answer(message);
});
