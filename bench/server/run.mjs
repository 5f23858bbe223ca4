// `node bench/server/run.mjs [SCENARIO…] [OPTION…]`: the clients, in this process; the servers are processes of their own.
import { tsImport } from 'tsx/esm/api';

await tsImport('./main.ts', import.meta.url);
