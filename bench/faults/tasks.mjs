// What goes wrong, as plain functions of one argument: every pool runs the same.

export const echo = (value) => value;
export const slow = (milliseconds) => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  return 'slow';
};

const never = () => new Promise(() => {});
const later = (act) => void setTimeout(act, 10);

export const exitNow = () => process.exit(3);
export const exitLater = async () => {
  later(() => process.exit(3));
  await never();
};
export const uncaughtDuring = async () => {
  later(() => {
    throw new RangeError('uncaught');
  });
  await never();
};
export const unhandledDuring = async () => {
  later(() => void Promise.reject(new RangeError('unhandled')));
  await never();
};
export const uncaughtAfter = () => {
  later(() => {
    throw new RangeError('too late');
  });
  return 'ended';
};
export const eatMemory = () => {
  const all = [];
  for (;;) all.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
};
export const bigArgument = (list) => list.length;

export const uncloneable = () => ({ deep: [() => {}] });
export const throwingGetter = () => ({
  get bad() {
    throw new RangeError('in a getter');
  },
});
export const silentProxy = () =>
  new Proxy(
    {},
    {
      get() {
        throw new RangeError('trap');
      },
    },
  );
export function* generator() {
  yield 1;
}
export const nested = (levels) => {
  let value = [];
  for (let left = levels; left > 0; left--) value = [value];
  return value;
};

export const throwNull = () => {
  throw null;
};
class PaymentError extends RangeError {
  name = 'PaymentError';
  code = 'E_PAYMENT';
}
export const throwCustom = () => {
  throw new PaymentError('no funds', { cause: new TypeError('inner') });
};
export const throwAggregate = () => {
  throw new AggregateError([new TypeError('one')], 'all');
};
export const throwDomException = () => {
  throw new DOMException('stop', 'AbortError');
};
export const throwUncloneable = () => {
  throw Object.assign(new RangeError('odd'), { handler() {} });
};

export const settlesNever = never;
export const spin = () => {
  for (;;);
};
