export const run = async (): Promise<number> => (await import('./tasks/util.js')).answer;
