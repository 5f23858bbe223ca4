import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Executor } from 'millrace';
import { OverloadGate } from 'millrace/http';
import { prometheusMetrics } from 'millrace/metrics';
import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { work } from '../support/work.ts';

interface Panel {
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly w: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const dashboard = JSON.parse(readFileSync('docs/grafana-dashboard.json', 'utf8')) as { panels: Panel[] };
const all = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** As Grafana sends them. */
const expressions = all.map((expr) =>
  expr.replaceAll('$executor', '.*').replaceAll('$__rate_interval', '1m').replaceAll('$__range', '30m'),
);

/** Debian's package prometheus has it; CI has that. */
const hasPromtool = spawnSync('promtool', ['--version']).error === undefined;

describe('the dashboard for Grafana', () => {
  test.skipIf(!hasPromtool)('has expressions that Prometheus can read', () => {
    expect(expressions.length).toBeGreaterThan(15);
    const folder = mkdtempSync(join(tmpdir(), 'rules-'));
    const file = join(folder, 'rules.yml');
    const rules = expressions.map(
      (expr, index) => `      - record: panel:${index}\n        expr: ${JSON.stringify(expr)}\n`,
    );
    writeFileSync(file, `groups:\n  - name: dashboard\n    rules:\n${rules.join('')}`);
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(stderr).toBe('');
    expect([status, stdout]).toEqual([0, expect.stringContaining(`${expressions.length} rules found`)]);
  });

  test('asks for metrics and labels that a program with the library serves', async () => {
    const executor = new Executor({ workers: 1, maxPending: 0, name: 'live' });
    const gate = new OverloadGate(executor);
    const registry = new Registry();
    const { stop } = await prometheusMetrics({ executors: [executor], gates: [gate], registry });
    await executor.run(work.exit(3)).catch(() => {});
    await executor.run(work.echo(1));
    const server = createServer((_, response) => void registry.metrics().then((text) => response.end(text)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
    const scrape = async () => (await fetch(url)).text();
    // The machine's load is known after a second.
    await eventually(async () => expect(await scrape()).toMatch(/^millrace_host_cpu_ratio \d/m));
    const served = await scrape();
    const names = new Set(expressions.flatMap((expr) => expr.match(/millrace_\w+/g) ?? []));
    expect(names.size).toBeGreaterThan(12);
    for (const name of names) expect(served).toMatch(new RegExp(`^${name}[ {]`, 'm'));
    for (const [, name = '', labels = ''] of served.matchAll(/^(millrace_\w+)\{(.*)\}/gm)) {
      if (names.has(name)) expect(labels, name).toContain('executor="live"');
    }
    for (const expr of expressions) {
      for (const [, labels = ''] of expr.matchAll(/ by \(([^)]*)\)/g))
        for (const label of labels.split(', ')) expect(served, label).toContain(`${label}="`);
    }
    stop();
    server.closeAllConnections();
    server.close();
    await executor.shutdown();
  });

  test('shows everything that is served', async () => {
    const executor = new Executor({ workers: 1, name: 'all' });
    const registry = new Registry();
    const { stop } = await prometheusMetrics({
      executors: [executor],
      gates: [new OverloadGate(executor)],
      registry,
    });
    const served = (await registry.getMetricsAsJSON()).map(({ name }) => name);
    const shown = expressions.join('\n');
    // How many were submitted follows from how they ended.
    expect(served.filter((name) => !shown.includes(name))).toEqual(['millrace_tasks_submitted_total']);
    stop();
    await executor.shutdown();
  });
});
