import { performance } from 'node:perf_hooks';

/** Fake timers replace the global `performance`: who imports it reads the same clock. */
const now = performance.now.bind(performance);
performance.now = () => (globalThis.performance === performance ? now() : globalThis.performance.now());
