import type { Seal } from './seal.ts';

/*
 * How programs look on at hosts: a program asks on the control channel, again and again for as long as it watches, and hosts tell
 * what they do on another channel. Both by publishing: what nobody hears is kept nowhere.
 */

const begins = '{"watch":';

/** Asks all hosts of the queue to send frames for a while. */
export function watchMessage(producer: string, seal: Seal): string {
  const signature = seal.sign('watch', [producer], Buffer.alloc(0)).toString('base64');
  return JSON.stringify({ watch: producer, s: signature });
}

/** Is the message a request for frames with a valid seal? */
export function isWatchMessage(text: string, seal: Seal): boolean {
  if (!text.startsWith(begins)) return false;
  try {
    const { watch, s } = JSON.parse(text) as Record<string, unknown>;
    if (typeof watch !== 'string' || typeof s !== 'string') return false;
    return seal.holds('watch', [watch], Buffer.alloc(0), Buffer.from(s, 'base64'));
  } catch {
    return false;
  }
}

/** @param body one line of JSON. */
export function frameMessage(host: string, body: string, seal: Seal): string {
  return `${host} ${seal.sign('frame', [host], Buffer.from(body)).toString('base64')}\n${body}`;
}

/** Reads a host's frame; undefined if its seal is invalid. */
export function readFrame(
  message: string,
  seal: Seal,
): { readonly host: string; readonly body: string } | undefined {
  const end = message.indexOf('\n');
  const [host = '', signature = ''] = message.slice(0, Math.max(0, end)).split(' ');
  const body = message.slice(end + 1);
  if (host === '' || !seal.holds('frame', [host], Buffer.from(body), Buffer.from(signature, 'base64')))
    return undefined;
  return { host, body };
}
