import type { Registry } from 'prom-client';
import { HostLoadSampler } from '../host/host-load.ts';
import type { HostLoad } from '../host/host-load.ts';

/** The whole machine's load, sampled every other second; not told before. @returns what stops the sampling. */
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
        // Left out and not 0, which would be an idle machine that has no memory.
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
