export const commands = ['hash', 'resize', 'map', 'tune'] as const;
export type CommandName = (typeof commands)[number];

const texts: Record<CommandName, string> = {
  hash: `millrace hash PATH… [--algorithm sha256] [--json]
millrace hash --check FILE [--algorithm sha256]

  Prints a digest for each file, as sha256sum does. A directory is walked, in the order of 'find PATH -type f | LC_ALL=C sort';
  symbolic links and special files below it are left out.

  --algorithm NAME   any of node:crypto's hash algorithms; default sha256
  -c, --check FILE   verify the digests listed in FILE ('-' for standard input); exit code 1 on a mismatch
  --json             one JSON object per line: path, algorithm, digest
`,
  resize: `millrace resize PATH… --width W [--height H] [--format webp] [--quality Q] --out DIR

  Resizes images, and prints the paths of the results. The shape of a directory's tree is kept below DIR; a source is
  never overwritten. Needs the package sharp.

  --width, --height  pixels; with one of them the image's shape is kept, with both it is filled and cropped
  --format           jpeg, png, webp, avif, gif or tiff; default: each image's own
  --quality          1 to 100
  --out DIR          where to write; made if it is missing
`,
  map: `millrace map MODULE#EXPORT [--input FILE] [--ordered]

  Calls a function with the value of each line of JSON, and prints each result as a line of JSON, as soon as it is there.
  The module's path is relative to the working directory. Nothing is read faster than results are written.

  --input FILE       read from FILE; default standard input
  --ordered          print results in the order of the input
`,
  tune: `millrace tune MODULE#EXPORT [--input FILE] [--max-workers N] [--seconds 1] [--rounds 3] [--svg FILE] [--json FILE]

  Measures throughput and latency of a function at growing numbers of workers and of outstanding tasks, and tells which to
  set. The values of the lines of JSON are repeated as often as needed. A task that fails ends it.

  --input FILE       read from FILE; default standard input
  --max-workers N    the most workers to try; default: twice the CPUs that this process may use
  --seconds S        how long one measurement takes
  --rounds R         how often each setting is measured; medians are printed
  --svg FILE         draw the curves into FILE; needs the package echarts
  --json FILE        write all figures to FILE
`,
};

const workers = `
  --workers N        worker threads; default: the CPUs that this process may use
`;

const help = `  --help             this text
`;

/** @param command undefined for all of them. */
export function usage(command?: CommandName): string {
  if (command === 'tune') return texts.tune + help;
  if (command !== undefined) return texts[command] + workers + help;
  const all = commands.map((name) => texts[name]).join('\n');
  return `${all}${workers.trimEnd()} (not of tune)\n${help}  --version          the version\n`;
}
