import { Module } from '@nestjs/common';
import type {
  DynamicModule,
  InjectionToken,
  ModuleMetadata,
  OptionalFactoryDependency,
  Provider,
  Type,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, HttpAdapterHost, Reflector } from '@nestjs/core';
import { InvalidOptionError } from '../base/errors.ts';
import type { EmbeddingOptions } from '../server/embedding.ts';
import { AdmissionGuard } from './admission-guard.ts';
import { EmbeddedExecutor } from './embedded-executor.ts';
import { MillraceFilter } from './millrace-filter.ts';
import { watchArrivals } from './requests.ts';
import { defaultName, getExecutorToken, getGateToken } from './tokens.ts';

/** Options of the module besides those of the gate and its executor. */
export interface MillraceModuleExtras {
  /** Name of a further executor, which `@InjectExecutor(name)` injects. Default: the executor without a name. */
  readonly name?: string;
  /** True if every module may inject the executor and the gate. Default true. */
  readonly isGlobal?: boolean;
}

/** Options of `MillraceModule.forRoot()`. `executor` may be an existing executor, which the module does not shut down. */
export interface MillraceModuleOptions extends EmbeddingOptions, MillraceModuleExtras {}

/** Makes the options, for `useClass` and `useExisting`. */
export interface MillraceOptionsFactory {
  createMillraceOptions(): EmbeddingOptions | Promise<EmbeddingOptions>;
}

/** Options of `MillraceModule.forRootAsync()`: one of `useFactory`, `useClass` and `useExisting`. */
export interface MillraceModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'>, MillraceModuleExtras {
  // oxlint-disable-next-line typescript/no-explicit-any -- as Nest's own: the arguments are what `inject` names.
  readonly useFactory?: (...args: any[]) => EmbeddingOptions | Promise<EmbeddingOptions>;
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[];
  readonly useClass?: Type<MillraceOptionsFactory>;
  readonly useExisting?: InjectionToken;
  readonly extraProviders?: readonly Provider[];
}

/**
 * An executor and its gate, for the life of the application. Inject `Executor` and `OverloadGate` by their types; `@Millrace()` gives a
 * handler the `RequestTasks` of its request. Refused requests are answered with 503 and `Retry-After`.
 *
 * ```ts
 * \@Module({ imports: [MillraceModule.forRoot({ executor: { workers: 4 }, deadlineMs: 2000 })] })
 * export class AppModule {}
 * ```
 * On `app.close()`, and on a signal after `app.enableShutdownHooks()`: admission stops, admitted requests are answered for up to
 * `closeMs`, and the threads have ended when `onApplicationShutdown` has been called.
 */
// oxlint-disable-next-line typescript/no-extraneous-class -- Nest knows modules by their class.
export class MillraceModule {
  /** Wrong options fail the start of the application with `InvalidOptionError`. */
  static forRoot(options: MillraceModuleOptions = {}): DynamicModule {
    const { name, isGlobal, ...embedding } = options;
    return define({ name, isGlobal }, { useValue: embedding });
  }

  /** Wrong options fail the start of the application with `InvalidOptionError`. */
  static forRootAsync(options: MillraceModuleAsyncOptions): DynamicModule {
    const { name, isGlobal, imports = [], extraProviders = [] } = options;
    const { useFactory, useClass, useExisting, inject = [] } = options;
    if (useFactory !== undefined) {
      return define({ name, isGlobal }, { useFactory, inject: [...inject] }, imports, extraProviders);
    }
    const token = useExisting ?? useClass;
    if (token === undefined) {
      const message = 'MillraceModule.forRootAsync() needs useFactory, useClass or useExisting';
      throw new InvalidOptionError('useFactory', undefined, message);
    }
    const made = {
      useFactory: (factory: MillraceOptionsFactory) => factory.createMillraceOptions(),
      inject: [token],
    };
    const own = useExisting === undefined ? [token as Type<MillraceOptionsFactory>] : [];
    return define({ name, isGlobal }, made, imports, [...own, ...extraProviders]);
  }
}
Module({})(MillraceModule);

type Source =
  | { readonly useValue: EmbeddingOptions }
  | {
      readonly useFactory: (...args: never[]) => EmbeddingOptions | Promise<EmbeddingOptions>;
      readonly inject: (InjectionToken | OptionalFactoryDependency)[];
    };

function define(
  {
    name = defaultName,
    isGlobal = true,
  }: { [K in keyof MillraceModuleExtras]: MillraceModuleExtras[K] | undefined },
  source: Source,
  imports: NonNullable<ModuleMetadata['imports']> = [],
  extraProviders: readonly Provider[] = [],
): DynamicModule {
  const optionsToken = `MillraceOptions:${name}`;
  const embeddedToken = `MillraceEmbedded:${name}`;
  const executor = getExecutorToken(name);
  const gate = getGateToken(name);
  const embedded = (options: EmbeddingOptions, host: HttpAdapterHost): EmbeddedExecutor => {
    const made = new EmbeddedExecutor(options, host);
    watchArrivals(host.httpAdapter, made.gate, name);
    return made;
  };
  const guard = (own: EmbeddedExecutor, reflector: Reflector) =>
    new AdmissionGuard(own.gate, name, reflector);
  const providers: Provider[] = [
    ...extraProviders,
    { provide: optionsToken, ...source } as Provider,
    { provide: embeddedToken, useFactory: embedded, inject: [optionsToken, HttpAdapterHost] },
    { provide: executor, useFactory: (own: EmbeddedExecutor) => own.gate.executor, inject: [embeddedToken] },
    { provide: gate, useFactory: (own: EmbeddedExecutor) => own.gate, inject: [embeddedToken] },
    { provide: APP_GUARD, useFactory: guard, inject: [embeddedToken, Reflector] },
    {
      provide: APP_FILTER,
      useFactory: (host: HttpAdapterHost) => new MillraceFilter(host),
      inject: [HttpAdapterHost],
    },
  ];
  return { module: MillraceModule, global: isGlobal, imports, providers, exports: [executor, gate] };
}
