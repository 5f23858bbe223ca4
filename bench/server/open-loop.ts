import { Agent, request } from 'node:http';
import { percentile } from '../harness/measure.ts';

/** One request as its client saw it. */
export interface Sample {
  /** 0 for a connection that broke, or an answer that did not come within the client's patience. */
  readonly status: number;
  /** Milliseconds from when it was due to when it was answered: a client that falls behind is not forgiven. */
  readonly ms: number;
  /** Milliseconds from the start of the run to when it was due. */
  readonly dueMs: number;
}

export interface Load {
  readonly port: number;
  readonly path: string;
  /** When each request is due, milliseconds from the start, whatever becomes of those before. */
  readonly dueMs: readonly number[];
  /** Milliseconds after which a client gives up and closes its connection. Default 10,000. */
  readonly patienceMs?: number;
}

/** Random times for `forMs` milliseconds: a Poisson process, as of clients that know nothing of each other. */
export function arrivals(perSecond: number, forMs: number): number[] {
  const all: number[] = [];
  const next = (from: number): number => from - (Math.log(1 - Math.random()) * 1000) / perSecond;
  for (let due = next(0); due < forMs; due = next(due)) all.push(due);
  return all;
}

/**
 * An open loop: requests come when they are due, and not when others have been answered. (autocannon and wrk are closed
 * loops, in which an overloaded server slows its own load down: what Gil Tene calls coordinated omission.)
 */
export async function openLoop({ port, path, dueMs, patienceMs = 10_000 }: Load): Promise<Sample[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const start = performance.now();
  const answers: Promise<Sample>[] = [];
  for (const due of dueMs) {
    const waitMs = start + due - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    answers.push(ask(agent, port, path, start + due, due, patienceMs));
  }
  const samples = await Promise.all(answers);
  agent.destroy();
  return samples;
}

function ask(
  agent: Agent,
  port: number,
  path: string,
  due: number,
  dueMs: number,
  patienceMs: number,
): Promise<Sample> {
  return new Promise((resolve) => {
    const ended = (status: number) => resolve({ status, ms: performance.now() - due, dueMs });
    const sent = request({ agent, port, path, host: '127.0.0.1' }, (response) => {
      response.resume();
      response.on('end', () => ended(response.statusCode ?? 0));
      response.on('error', () => ended(0));
    });
    const timer = setTimeout(() => sent.destroy(), patienceMs);
    sent.on('close', () => clearTimeout(timer));
    sent.on('error', () => ended(0));
    sent.end();
  });
}

/** Answers within this time count. Milliseconds. */
export const goodMs = 1000;

export const good = (samples: readonly Sample[]): Sample[] =>
  samples.filter(({ status, ms }) => status === 200 && ms <= goodMs);

export const p = (share: number, samples: readonly Sample[]): number =>
  percentile(
    samples.map(({ ms }) => ms),
    share,
  );
