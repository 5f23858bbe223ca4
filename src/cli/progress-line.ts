/** The figures of a progress line. */
export interface ProgressFacts {
  readonly done: number;
  readonly failed: number;
  /** Undefined while unknown. */
  readonly total: number | undefined;
  /** Undefined in the first moments. */
  readonly perSecond: number | undefined;
  /** Bytes per second of the finished items; 0 if items have no size. */
  readonly bytesPerSecond: number | undefined;
  readonly busy: number;
  readonly workers: number;
  /** CPU use of the whole machine, 0 to 1; undefined before the first measurement. */
  readonly cpuShare: number | undefined;
}

const barWidth = { min: 8, max: 40 };

/** The line's end stays free for the `^C` that a terminal echoes; it would start another line. */
const margin = 3;

/** One line of the given columns: what does not fit is left out from the end, the bar takes the rest. */
export function progressLine(facts: ProgressFacts, columns: number): string {
  const space = columns - margin;
  const { done, failed, total, perSecond, bytesPerSecond, busy, workers, cpuShare } = facts;
  const parts = [total === undefined ? `${done} done` : `${done}/${total}`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (perSecond !== undefined) parts.push(`${rate(perSecond)}/s`);
  // A count that is not through yet, or a file that appeared since, must not make a negative of it.
  if (perSecond !== undefined && perSecond > 0 && total !== undefined) {
    parts.push(`${duration(Math.max(0, total - done) / perSecond)} left`);
  }
  if (bytesPerSecond !== undefined && bytesPerSecond > 0) parts.push(`${bytes(bytesPerSecond)}/s`);
  parts.push(`workers ${busy}/${workers}`);
  if (cpuShare !== undefined) parts.push(`CPU ${Math.round(cpuShare * 100)} %`);
  while (parts.length > 1 && width(parts) > space) parts.pop();
  const text = parts.join('  ');
  const room = Math.min(space - text.length - 2, barWidth.max);
  if (total === undefined || room < barWidth.min) return text.slice(0, Math.max(0, space));
  const filled = total === 0 ? room : Math.round(Math.min(1, done / total) * room);
  return `${'█'.repeat(filled)}${'░'.repeat(room - filled)}  ${text}`;
}

const width = (parts: readonly string[]): number => parts.join('  ').length;

function rate(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(1) : String(Math.round(perSecond));
}

/** `512 B`, `1.5 KiB`, `230 MiB` */
function bytes(count: number): string {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log2(count) / 10)));
  const value = count / 1024 ** power;
  const digits = power === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][power] as string}`;
}

/** `0:07`, `12:30`, `3:05:00` */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

const pad = (value: number): string => String(value).padStart(2, '0');
