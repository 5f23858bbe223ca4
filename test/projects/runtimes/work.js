export const double = (n) => n * 2;
export const fail = () => {
  throw new RangeError('out of range');
};
