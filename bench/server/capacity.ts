import autocannon from 'autocannon';
import type { Contender } from './contender.ts';

/** What a server can do: requests per second of a closed loop with twice as many connections as workers. */
export async function capacity({ port }: Contender, workers: number, seconds: number): Promise<number> {
  const url = `http://127.0.0.1:${port}/normal`;
  const { requests, duration } = await autocannon({ url, connections: 2 * workers, duration: seconds });
  return requests.total / duration;
}
