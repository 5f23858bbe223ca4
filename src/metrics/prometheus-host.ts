import type { Registry } from 'prom-client';
import { HostLoadSampler } from '../host/host-load.ts';
import type { HostLoad } from '../host/host-load.ts';

/** Measures the load of the whole machine every other second. @returns a function that stops the sampling. */
export async function observeHost(registry: Registry): Promise<() => void> {
  const { Gauge } = (await import('prom-client')).default;
  const sampler = new HostLoadSampler();
  sampler.start();
  const registers = [registry];
  const observe = (name: string, help: string, of: (load: HostLoad) => number): void => {
    const gauge: InstanceType<typeof Gauge> = new Gauge({
      name,
      help,
      registers,
      collect() {
        // Left out before the first sample: 0 would mean an idle machine without memory.
        if (sampler.latest === undefined) gauge.remove();
        else gauge.set(of(sampler.latest));
      },
    });
  };
  observe(
    'millrace_host_cpu_ratio',
    'Part of all CPU time of the machine that was not idle',
    ({ cpuShare }) => cpuShare,
  );
  observe(
    'millrace_host_memory_free_bytes',
    'Memory of the machine that can be had without swapping',
    ({ freeMemoryBytes }) => freeMemoryBytes,
  );
  return () => sampler.stop();
}
