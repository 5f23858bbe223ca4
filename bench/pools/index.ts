import type { Starter } from './contender.ts';
import { startMillrace } from './millrace.ts';
import { startPiscina } from './piscina.ts';
import { startPoolifier } from './poolifier.ts';
import { startPostMessage } from './post-message.ts';
import { startTinypool } from './tinypool.ts';
import { startWorkerpool } from './workerpool.ts';

export const starters: Record<string, Starter> = {
  millrace: startMillrace,
  piscina: startPiscina,
  tinypool: startTinypool,
  poolifier: startPoolifier,
  workerpool: startWorkerpool,
  postMessage: startPostMessage,
};
