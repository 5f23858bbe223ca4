// `node bench/run.mjs [SCENARIO…] [OPTION…]`: main.ts in this process. Under the command `tsx` every worker thread of every
// contender would load tsx as well, which adds 100 ms to each start.
import { tsImport } from 'tsx/esm/api';

await tsImport('./main.ts', import.meta.url);
