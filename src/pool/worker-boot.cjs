/**
 * What Piscina loads in a new thread. CommonJS on purpose: Piscina requires it, and a thread that is ended in the midst
 * of a `require()` of an ES module takes the whole process down ("FATAL ERROR: v8::Module::IsGraphAsync", Node 20 to
 * 22). `import()` has no such fault.
 */
module.exports = async (boot) => {
  const entry = await import('./worker-entry.js');
  entry.default(boot);
};
