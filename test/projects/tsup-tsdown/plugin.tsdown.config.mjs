import { taskModules } from 'millrace/unplugin';

export default { entry: ['src/main.ts'], plugins: [taskModules.rolldown()] };
