import { readFileSync } from 'node:fs';
import { here } from '../package-file.ts';

export function version(): string {
  const { version: own } = JSON.parse(readFileSync(new URL('../package.json', here), 'utf8')) as {
    version: string;
  };
  return own;
}
