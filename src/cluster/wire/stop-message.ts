import type { Seal } from './seal.ts';

/** Tells the host that runs a task of a batch to stop it. */
export interface StopMessage {
  readonly batch: string;
  readonly position: number;
  /** End the task's thread as well, if `interrupt` allows it. */
  readonly end: boolean;
  /** The encoded reason, whose seal is valid. */
  readonly body: Buffer;
}

const about = (batch: string, position: number, end: boolean): readonly string[] => [
  batch,
  String(position),
  String(end),
];

export function stopMessage(batch: string, position: number, end: boolean, body: Buffer, seal: Seal): string {
  const signature = seal.sign('stop', about(batch, position, end), body).toString('base64');
  return JSON.stringify({ batch, position, end, r: body.toString('base64'), s: signature });
}

/** A request to stop, or the news that a producer has gone; undefined for anything else. */
export function readControl(text: string, seal: Seal): StopMessage | { readonly gone: string } | undefined {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { gone, batch, position, end, r, s } = (message ?? {}) as Record<string, unknown>;
  if (typeof gone === 'string') return { gone };
  if (typeof batch !== 'string' || typeof end !== 'boolean' || typeof r !== 'string' || typeof s !== 'string')
    return undefined;
  if (typeof position !== 'number') return undefined;
  const body = Buffer.from(r, 'base64');
  if (!seal.holds('stop', about(batch, position, end), body, Buffer.from(s, 'base64'))) return undefined;
  return { batch, position, end, body };
}
