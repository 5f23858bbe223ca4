import { taskModules } from 'millrace/unplugin';
import { defineConfig } from 'tsup';

export default defineConfig({ entry: ['src/main.ts'], esbuildPlugins: [taskModules.esbuild()] });
