import { readFileSync, writeFileSync } from 'node:fs';
import * as echarts from 'echarts';
import type { Row } from './scenario.ts';

/** Draws the throughput chart of the README from a result file: `node bench/build/chart.js RESULT.json CHART.svg`. */
function draw(rows: readonly Row[]): string {
  const shown = rows.filter(({ scenario }) => scenario === 'empty tasks' || /^\d+ µs tasks$/.test(scenario));
  const names = Object.keys(shown[0]?.figures ?? {}).filter((name) => name !== 'bare threads');
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 860, height: 420 });
  chart.setOption({
    backgroundColor: '#ffffff',
    title: { text: 'Tasks per second by run time of a task, 512 outstanding', left: 'center' },
    legend: { bottom: 0 },
    grid: { left: 80, right: 20, top: 50, bottom: 60 },
    xAxis: { type: 'category', data: shown.map(({ scenario }) => scenario.replace(' tasks', '')) },
    yAxis: { type: 'log', name: 'tasks/s', min: 100 },
    series: names.map((name) => ({
      type: 'bar',
      name,
      data: shown.map(({ figures }) => Math.round(figures[name] ?? 0)),
    })),
  });
  return chart.renderToSVGString();
}

const [, , from, to] = process.argv;
if (from === undefined || to === undefined)
  throw new Error('usage: node bench/build/chart.js RESULT.json CHART.svg');
const { rows } = JSON.parse(readFileSync(from, 'utf8')) as { rows: Row[] };
writeFileSync(to, draw(rows));
