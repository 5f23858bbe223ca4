// nitro.config.ts
import { taskModules } from 'millrace/unplugin';
import { defineNitroConfig } from 'nitropack/config';

export default defineNitroConfig({
  compatibilityDate: '2026-01-01',
  rollupConfig: { plugins: [taskModules.rollup()] },
});
