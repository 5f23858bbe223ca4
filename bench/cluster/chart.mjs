const label = ({ ms }) => (ms === 0 ? 'empty tasks' : ms < 1 ? `${ms * 1000} µs` : `${ms} ms`);

/** Bars of the ratio to plain BullMQ, by run time; a logarithmic axis from 1. */
export function chartOf(rows) {
  const width = 640;
  const left = 150;
  const bar = 34;
  const scale = (ratio) =>
    Math.max(2, (Math.log10(Math.max(1, ratio)) / Math.log10(50)) * (width - left - 90));
  const bars = rows.map((row, index) => {
    const y = 44 + index * (bar + 12);
    const length = scale(row.ratio).toFixed(0);
    return [
      `<text x="${left - 12}" y="${y + 22}" text-anchor="end">${label(row)}</text>`,
      `<rect x="${left}" y="${y}" width="${length}" height="${bar}" rx="3" fill="#2f7ed8"/>`,
      `<text x="${left + Number(length) + 8}" y="${y + 22}">${row.ratio.toFixed(row.ratio < 10 ? 2 : 0)} ×</text>`,
    ].join('');
  });
  const height = 60 + rows.length * (bar + 12);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="15"><rect width="100%" height="100%" fill="#fff"/><text x="12" y="26" font-weight="600">Throughput against plain BullMQ, one job a task; two threads</text>${bars.join('')}</svg>\n`;
}
