// ecosystem.config.cjs
const { availableParallelism } = require('node:os');

const instances = 2;
module.exports = {
  apps: [
    {
      name: 'server',
      script: 'server.mjs',
      exec_mode: 'cluster',
      instances,
      wait_ready: true,
      kill_timeout: 6000, // closeMs, and a second
      env: { WORKERS: Math.max(1, Math.floor(availableParallelism() / instances)) },
    },
  ],
};
