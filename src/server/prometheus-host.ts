import type { Registry } from 'prom-client';
import { HostLoadSampler } from '../host-load.ts';

/** The whole machine's load, sampled every other second. @returns what stops the sampling. */
export async function observeHost(registry: Registry): Promise<() => void> {
  const { Gauge } = (await import('prom-client')).default;
  const sampler = new HostLoadSampler();
  sampler.start();
  const registers = [registry];
  const cpu: InstanceType<typeof Gauge> = new Gauge({
    name: 'millrace_host_cpu_ratio',
    help: 'Part of all CPU time of the machine that was not idle',
    registers,
    collect: () => cpu.set(sampler.latest?.cpuShare ?? 0),
  });
  const memory: InstanceType<typeof Gauge> = new Gauge({
    name: 'millrace_host_memory_free_bytes',
    help: 'Memory of the machine that can be had without swapping',
    registers,
    collect: () => memory.set(sampler.latest?.freeMemoryBytes ?? 0),
  });
  return () => sampler.stop();
}
