export const times = (a: number, b: number) => a * b;
