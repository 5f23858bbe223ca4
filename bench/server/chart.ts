import { readFileSync, writeFileSync } from 'node:fs';
import * as echarts from 'echarts';
import type { Figure } from './scenarios.ts';

/** Draws goodput against load from a result file: `npx tsx bench/server/chart.ts RESULT.json CHART.svg`. */
function draw(figures: readonly Figure[]): string {
  const curves = figures.filter(({ scenario }) => scenario === 'goodput by load');
  const loads = Object.keys(curves[0]?.figures ?? {})
    .map((label) => Number(label.slice(2)))
    .toSorted((a, b) => a - b);
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 860, height: 420 });
  chart.setOption({
    backgroundColor: '#ffffff',
    title: { text: 'Answers within 1 s, by load', left: 'center' },
    legend: { bottom: 0 },
    grid: { left: 80, right: 40, top: 50, bottom: 80 },
    xAxis: {
      type: 'value',
      name: 'requests offered, as a multiple of capacity',
      nameLocation: 'middle',
      nameGap: 28,
      max: 4,
    },
    yAxis: { type: 'value', name: '% of capacity', min: 0, max: 110 },
    series: curves.map(({ contender, figures: measured }) => ({
      type: 'line',
      name: names[contender],
      data: loads.map((load) => [load, measured[`× ${load}`]]),
    })),
  });
  const svg = chart.renderToSVGString();
  // Its clock would keep the process alive.
  chart.dispose();
  return svg;
}

const names: Readonly<Record<string, string>> = {
  millrace: 'Fastify + Millrace',
  piscina: 'Fastify + piscina',
  'under-pressure': 'Fastify + piscina + under-pressure',
};

const [, , from, to] = process.argv;
if (from === undefined || to === undefined) {
  throw new Error('usage: tsx bench/server/chart.ts RESULT.json CHART.svg');
}
const { figures } = JSON.parse(readFileSync(from, 'utf8')) as { figures: Figure[] };
writeFileSync(to, draw(figures));
