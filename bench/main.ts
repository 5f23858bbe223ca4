/** `npm run bench -- [COMMAND] …`. Each command parses its own options; without one, the pools are compared. */
const commands: Record<string, () => Promise<unknown>> = {
  cpu: () => import('./cpu/main.ts'),
  growth: () => import('./growth/main.ts'),
};

const command = commands[process.argv[2] ?? ''];
if (command === undefined) {
  await import('./pools.ts');
} else {
  process.argv.splice(2, 1);
  await command();
}
