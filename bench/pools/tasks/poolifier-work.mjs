import { ThreadWorker } from 'poolifier';
import * as work from './work.mjs';
// It has no way to move a result: echoMoved copies it back.
export default new ThreadWorker({ ...work });
