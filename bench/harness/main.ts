/** `npm run bench -- [COMMAND] …`. Each command parses its own options; without one, the pools are compared. */
const commands: Record<string, () => Promise<unknown>> = {
  cpu: () => import('./cpu/main.ts'),
  growth: () => import('./growth/main.ts'),
  iterate: () => import('./iterate/main.ts'),
  start: () => import('./start/main.ts'),
  inspector: () => import('./inspector/main.ts'),
  real: () => import('./real/main.ts'),
};

const command = commands[process.argv[2] ?? ''];
if (command === undefined) {
  await import('./compare-pools.ts');
} else {
  process.argv.splice(2, 1);
  await command();
}
