export = {
  product: (a: number, b: number): number => a * b,
};
