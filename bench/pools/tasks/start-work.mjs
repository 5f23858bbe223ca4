export const empty = () => {};
const nobody = new Int32Array(new SharedArrayBuffer(4));
export const wait = (ms) => void Atomics.wait(nobody, 0, 0, ms);
