import type { HostInfo } from '../producer/transport.ts';
import { lifetimes } from '../wire/keys.ts';
import type { Keys } from '../wire/keys.ts';
import type { Seal } from '../wire/seal.ts';
import { signScript } from '../wire/scripts.ts';
import type { RedisClient } from './client.ts';

/** What a host publishes about itself. */
export interface HostCard {
  readonly id: string;
  readonly machine: string;
  readonly pid: number;
  readonly threads: number;
  readonly release?: string | undefined;
  readonly node: string;
  /** Version of V8's serialization format. */
  readonly wire: number;
  readonly modules: Readonly<Record<string, string>>;
  readonly leaving: boolean;
  /** Seal of the id, which proves that the host has the secret. */
  readonly proof: string;
}

/** What a producer publishes about itself. */
export interface ProducerCard {
  readonly id: string;
  readonly name: string;
  readonly pending: number;
  readonly backlogMs: number | null;
}

const proofAbout = (id: string): readonly string[] => [id];

export function proofOf(seal: Seal, id: string): string {
  return seal.sign('host', proofAbout(id), Buffer.alloc(0)).toString('base64');
}

export async function signHost(client: RedisClient, keys: Keys, card: HostCard): Promise<void> {
  const text = JSON.stringify(card);
  await client.run(signScript, keys.host(card.id), keys.hosts, card.id, text, lifetimes.host);
}

export async function signProducer(client: RedisClient, keys: Keys, card: ProducerCard): Promise<void> {
  const text = JSON.stringify(card);
  await client.run(signScript, keys.producer(card.id), keys.producers, card.id, text, lifetimes.producer);
}

/**
 * Cards of the live members of a list, with the milliseconds since each was renewed. They are measured by Redis' clock, in whole seconds.
 * Skips what is not a card.
 */
async function readCards(
  client: RedisClient,
  list: string,
  keyOf: (id: string) => string,
): Promise<{ readonly card: unknown; readonly heardAgoMs: number }[]> {
  const [time, members] = await Promise.all([
    client.call<Buffer[]>('TIME'),
    client.call<Buffer[]>('ZRANGE', list, 0, -1, 'WITHSCORES'),
  ]);
  const ids = members.filter((_, index) => index % 2 === 0).map(String);
  if (ids.length === 0) return [];
  const texts = await client.call<(Buffer | null)[]>('MGET', ...ids.map(keyOf));
  return texts.flatMap((text, index) => {
    const card = text === null ? undefined : parse(text.toString());
    const heardAt = Number(members[2 * index + 1]);
    return card === undefined ? [] : [{ card, heardAgoMs: Math.max(0, (Number(time[0]) - heardAt) * 1000) }];
  });
}

function parse(text: string): unknown {
  try {
    const card: unknown = JSON.parse(text);
    return typeof card === 'object' && card !== null ? card : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param seal checks the hosts' proofs; undefined to check none.
 * @param wire version of V8's serialization format in this process.
 */
export async function readHosts(
  client: RedisClient,
  keys: Keys,
  seal: Seal | undefined,
  wire: number,
): Promise<HostInfo[]> {
  const cards = await readCards(client, keys.hosts, keys.host);
  return cards.flatMap(({ card, heardAgoMs }) => {
    const {
      id,
      machine,
      pid,
      threads,
      release,
      node,
      modules,
      leaving,
      proof,
      wire: other,
    } = card as HostCard;
    if (typeof id !== 'string' || !Number.isSafeInteger(threads) || typeof modules !== 'object') return [];
    const unfit =
      seal !== undefined &&
      !seal.holds('host', proofAbout(id), Buffer.alloc(0), Buffer.from(proof ?? '', 'base64'))
        ? 'has another secret than this process: give both the same'
        : other === wire
          ? undefined
          : `runs Node ${node}, whose format (${other}) differs from that of this process (${wire}): run versions of Node that agree`;
    return [{ id, machine, pid, threads, release, node, modules, leaving, heardAgoMs, unfit }];
  });
}

export async function readProducers(client: RedisClient, keys: Keys): Promise<ProducerCard[]> {
  const cards = await readCards(client, keys.producers, keys.producer);
  return cards.map(({ card }) => card as ProducerCard);
}
