import { Executor, inline } from 'millrace';

new Executor({ workers: 1 }).run(inline(() => 42)).then(console.log);
