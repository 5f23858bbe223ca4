import type { Lane } from './lane.ts';

/** Lanes without anything to do. A stack: the one that worked last is the warmest, and wakes up fastest. */
export class IdleLanes {
  readonly #lanes: Lane[] = [];
  readonly #changed: (count: number) => void;

  /** @param changed told how many there are, whenever that changes. */
  constructor(changed: (count: number) => void) {
    this.#changed = changed;
  }

  get count(): number {
    return this.#lanes.length;
  }

  /** The one to feed next: if there is one, not where jobs are parked that want to go on, and would be lost with it. */
  get next(): Lane | undefined {
    // Asked for each submission, and most often there is none.
    if (this.#lanes.length === 0) return undefined;
    return this.#lanes.findLast(({ parked }) => parked.size === 0) ?? this.#lanes.at(-1);
  }

  add(lane: Lane): void {
    if (this.#lanes.includes(lane)) return;
    // Last of all one that retires; and one where tasks wait, which would have to wait for what is sent there.
    if (lane.state === 'retiring' || lane.parked.size > 0) this.#lanes.unshift(lane);
    else this.#lanes.push(lane);
    this.#changed(this.count);
  }

  remove(lane: Lane): void {
    const index = this.#lanes.lastIndexOf(lane);
    if (index < 0) return;
    this.#lanes.splice(index, 1);
    this.#changed(this.count);
  }
}
