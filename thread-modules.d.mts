export const threadModules: readonly string[];
export const readyMadeModules: readonly string[];
