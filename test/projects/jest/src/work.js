exports.double = (n) => n * 2;
exports.fail = () => {
  throw new RangeError('out of range');
};
