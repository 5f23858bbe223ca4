import type { Reply } from '../wire/reply-wire.ts';

/** The answer of Redis to a host that begins a batch. */
export type BeginAnswer =
  | { readonly status: 'orphan' | 'unknown' | 'done' }
  | {
      readonly status: 'begun';
      /** Number of begins, this one included. */
      readonly begins: number;
      /** A previous host may have begun positions below this one. */
      readonly from: number;
      /** This host may begin positions below this one. */
      readonly upTo: number;
      readonly answered: Uint8Array;
      readonly cancelled: readonly number[];
    };

/** A host's calls to Redis for one batch. The caller repeats each call until Redis answers. */
export interface BatchLink {
  begin(fence: string, window: number, total: number): Promise<BeginAnswer>;
  /** @returns the positions cancelled so far; undefined if another host has the batch now, and the call had no effect. */
  reply(sent: {
    readonly fence: string;
    readonly answered: Uint8Array;
    readonly upTo: number;
    readonly last: boolean;
    readonly reply: Reply;
  }): Promise<readonly number[] | undefined>;
  /** @returns the requests to stop tasks at these positions, as the control channel brings them. */
  stops(positions: readonly number[]): Promise<readonly string[]>;
}

/** Positions as the scripts keep them. */
export function readPositions(text: string): number[] {
  return text.split(',').flatMap((each) => (each === '' ? [] : [Number(each)]));
}

/** What the script returns. */
export type RawBegin = [
  status: Buffer,
  n: number,
  from: number,
  upTo: number,
  answered: Buffer,
  cancelled: Buffer,
];

export function readBegin(answer: RawBegin): BeginAnswer {
  const status = String(answer[0]) as BeginAnswer['status'];
  if (status !== 'begun') return { status };
  const [, begins, from, upTo, answered, cancelled] = answer;
  return { status, begins, from, upTo, answered, cancelled: readPositions(String(cancelled)) };
}
