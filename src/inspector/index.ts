/** `millrace/inspector`: look at executors while they run, or record what they did. */
export { inspector } from './inspector.ts';
export type { InspectorHandler } from './inspector.ts';
export { openInspector } from './open-inspector.ts';
export type { InspectorServer } from './open-inspector.ts';
export type { InspectorOptions, OpenInspectorOptions } from './options.ts';
export { traceFile } from './trace/trace-file.ts';
export type { TraceFile, TraceFileOptions } from './trace/trace-file.ts';
export { emptyScene } from './verdict/scene.ts';
export type { Scene } from './verdict/scene.ts';
export { verdict } from './verdict/verdict.ts';
export type { Verdict, VerdictKind, VerdictOptions } from './verdict/rule.ts';
