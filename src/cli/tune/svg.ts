import { optionalPeer } from '../../base/optional-peer.ts';
import type { Findings } from './measure.ts';

type Charts = typeof import('echarts');

/** Loads Apache ECharts. @throws {PeerError} if it is missing, or older than 6. */
export function loadCharts(): Promise<Charts> {
  return optionalPeer('echarts', '--svg', () => import('echarts'));
}

/** Draws throughput (above) and median latency (below) by outstanding tasks, a line for each number of workers. */
export function drawSvg(charts: Charts, { task, figures, found: { knee } }: Findings): string {
  const chart = charts.init(null, null, { renderer: 'svg', ssr: true, width: 860, height: 720 });
  const numbers = [...new Set(figures.map(({ workers }) => workers))];
  const lines = (key: 'perSecond' | 'p50Ms', axis: number) =>
    numbers.map((workers) => ({
      type: 'line' as const,
      name: workers === 1 ? '1 worker' : `${workers} workers`,
      xAxisIndex: axis,
      yAxisIndex: axis,
      data: figures.filter((each) => each.workers === workers).map((each) => [each.outstanding, each[key]]),
      ...(workers === knee.workers && {
        markPoint: { data: [{ name: 'knee', value: 'knee', coord: [knee.outstanding, knee[key]] }] },
      }),
    }));
  const xAxis = {
    type: 'log',
    logBase: 2,
    name: 'outstanding tasks',
    nameLocation: 'middle',
    nameGap: 28,
  } as const;
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: task.slice(task.lastIndexOf('/') + 1), left: 'center' },
    legend: { bottom: 0 },
    grid: [
      { left: 90, right: 40, top: 80, height: 230 },
      { left: 90, right: 40, top: 390, height: 230 },
    ],
    xAxis: [
      { ...xAxis, gridIndex: 0 },
      { ...xAxis, gridIndex: 1 },
    ],
    yAxis: [
      { type: 'value', name: 'tasks/s', min: 0, gridIndex: 0 },
      { type: 'log', name: 'p50, ms', gridIndex: 1 },
    ],
    series: [...lines('perSecond', 0), ...lines('p50Ms', 1)],
  });
  const svg = chart.renderToSVGString();
  // A timer of the chart would keep the process alive.
  chart.dispose();
  return svg;
}
