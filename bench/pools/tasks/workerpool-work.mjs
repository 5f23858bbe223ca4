import workerpool from 'workerpool';
import * as work from './work.mjs';
workerpool.worker({ ...work, echoMoved: (bytes) => new workerpool.Transfer(bytes, [bytes.buffer]) });
