import type { GateRefuseMessage } from '../../server/gate-diagnostics.ts';
import type { TaskFailMessage, WorkerEndMessage } from '../../index.ts';
import { errorWord, text } from './text.ts';

/** A failure, as viewers see it. */
export interface Incident {
  /** Sequence number; a repeated incident keeps its number. */
  readonly id: number;
  /** Milliseconds on `performance.now()`, of the first and of the latest occurrence. */
  readonly at: number;
  latestAt: number;
  readonly kind: 'rejected' | 'cancelled' | 'refused' | 'died';
  readonly label: string;
  /** The reason, and an error's code or name. Never its message. */
  readonly detail: string;
  /** The thread's place, from 0; -1 if there was none. */
  readonly worker: number;
  count: number;
}

/** Milliseconds from the first occurrence within which repeated incidents count as one. */
const sameMs = 1000;
const most = 256;

/** The latest incidents. */
export class Incidents {
  #all: Incident[] = [];
  #changed = new Set<Incident>();
  #nextId = 1;

  failed({ status, label, why, error, phase, worker }: TaskFailMessage, at: number): void {
    const word = why === 'threw' ? errorWord(error) : '';
    const detail = [why, phase === 'running' || why === 'threw' ? '' : phase, word]
      .filter((part) => part !== '')
      .join(', ');
    this.#add({ kind: status, label: text(label), detail, worker: worker ?? -1 }, at);
  }

  gateRefused({ class: requestClass, why, label = '' }: GateRefuseMessage, at: number): void {
    this.#add({ kind: 'refused', label: text(label), detail: `${why}, ${requestClass}`, worker: -1 }, at);
  }

  died({ why, task = '', cause, exitCode, worker, lost, returned }: WorkerEndMessage, at: number): void {
    const cost = [lost > 0 ? `${lost} lost` : '', returned > 0 ? `${returned} run elsewhere` : ''];
    const word = errorWord(cause) || `exit code ${exitCode}`;
    const detail = [why, word, ...cost].filter((part) => part !== '').join(', ');
    this.#add({ kind: 'died', label: text(task), detail, worker }, at);
  }

  /** Incidents that are new or have repeated since the last call. */
  take(): Incident[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  #add(what: Pick<Incident, 'kind' | 'label' | 'detail' | 'worker'>, at: number): void {
    const same = this.#all.findLast(
      (known) => known.kind === what.kind && known.label === what.label && known.detail === what.detail,
    );
    if (same !== undefined && at - same.at <= sameMs) {
      same.count++;
      same.latestAt = at;
      this.#changed.add(same);
      return;
    }
    const incident: Incident = { id: this.#nextId++, at, latestAt: at, count: 1, ...what };
    this.#all.push(incident);
    if (this.#all.length > most) this.#changed.delete(this.#all.shift() as Incident);
    this.#changed.add(incident);
  }
}
