import { Inject } from '@nestjs/common';
import type { InjectionToken } from '@nestjs/common';
import { Executor } from '../index.ts';
import { OverloadGate } from '../server/overload-gate.ts';

/** The name of the executor that `forRoot()` makes if no name is given. */
export const defaultName = 'default';

/**
 * The injection token of an executor: the class `Executor` for the one without a name. For tests, and for factories:
 *
 * ```ts
 * Test.createTestingModule({ … }).overrideProvider(getExecutorToken('images')).useValue(executor);
 * ```
 */
export function getExecutorToken(name: string = defaultName): InjectionToken {
  return name === defaultName ? Executor : `MillraceExecutor:${name}`;
}

/** The injection token of an executor's gate: the class `OverloadGate` for the executor without a name. */
export function getGateToken(name: string = defaultName): InjectionToken {
  return name === defaultName ? OverloadGate : `MillraceOverloadGate:${name}`;
}

/** Injects the executor of this name. The executor without a name needs no decorator, only its type. */
export function InjectExecutor(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getExecutorToken(name));
}

/** Injects the gate of the executor of this name. */
export function InjectGate(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getGateToken(name));
}
