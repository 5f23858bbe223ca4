import { readFileSync, writeFileSync } from 'node:fs';
import * as echarts from 'echarts';
import type { Row } from './scenario.ts';

interface Result {
  readonly setting: { readonly threads: number };
  readonly rows: readonly Row[];
}

/** How much of the threads' time is the tasks' own, by how long a task takes: 100 % is what no pool can pass. */
function draw({ setting: { threads }, rows }: Result): string {
  const shown = rows.flatMap(({ scenario, figures }) => {
    const found = /^(\d+) µs tasks$/.exec(scenario);
    return found === null ? [] : [{ us: Number(found[1]), figures }];
  });
  const names = Object.keys(shown[0]?.figures ?? {}).filter((name) => name !== 'bare threads');
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 860, height: 420 });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: `Share of the time of ${threads} threads that is spent in tasks`, left: 'center' },
    legend: { bottom: 0 },
    grid: { left: 70, right: 40, top: 50, bottom: 80 },
    xAxis: {
      type: 'category',
      data: shown.map(({ us }) => (us < 1000 ? `${us} µs` : `${us / 1000} ms`)),
      name: 'run time of a task',
      nameLocation: 'middle',
      nameGap: 28,
    },
    yAxis: { type: 'value', min: 0, max: 100, axisLabel: { formatter: '{value} %' } },
    series: names.map((name) => ({
      type: 'line',
      name,
      lineStyle: { width: name === 'millrace' ? 4 : 2 },
      data: shown.map(({ us, figures }) => {
        const share = ((figures[name] ?? 0) * us) / 1e6 / threads;
        return Number((100 * share).toFixed(1));
      }),
    })),
  });
  const svg = chart.renderToSVGString();
  // Its clock would keep the process alive.
  chart.dispose();
  return svg;
}

const [, , from, to] = process.argv;
if (from === undefined || to === undefined)
  throw new Error('usage: node bench/build/harness/chart.js RESULT.json CHART.svg');
writeFileSync(to, draw(JSON.parse(readFileSync(from, 'utf8')) as Result));
