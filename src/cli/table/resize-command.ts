import { fileWatchOptions, workersOption } from './command.ts';
import type { CommandSpec } from './command.ts';

export const resizeCommand: CommandSpec = {
  name: 'resize',
  summary: 'resize images, to several sizes and formats at once',
  synopsis: [
    '[OPTION]... --width W[,W]... --out DIR PATH...',
    '[OPTION]... --format F[,F]... --out DIR PATH...',
  ],
  text: [
    "Resizes images, and prints the paths of the results. Keeps a directory's tree below DIR, and never overwrites a source. " +
      'Decodes each image once, whatever the number of widths and formats. With several widths, the name of each result ' +
      'contains its width: photo-320.webp. With --format, but neither --width nor --height, an image keeps its size, up to a ' +
      'width of 16383. Needs the package sharp.',
    'Skips and counts files in a tree that are not images; a named file that is not an image is an error.',
  ],
  completes: 'file',
  options: [
    { name: 'width', value: 'W[,W]...', text: 'pixels; without --height the shape of the image is kept' },
    { name: 'height', value: 'H', text: 'pixels; without --width the shape of the image is kept' },
    {
      name: 'fit',
      value: 'HOW',
      completes: ['cover', 'contain', 'fill', 'inside', 'outside'],
      text:
        'how an image of another shape fits into width and height: cover (crops; the default), contain (adds bars), ' +
        'fill (distorts), inside or outside (keeps the shape)',
    },
    { name: 'no-enlarge', text: 'leave the size of a smaller image as it is' },
    {
      name: 'format',
      value: 'F[,F]...',
      completes: ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'],
      text: "jpeg, png, webp, avif, gif or tiff; default: each image's own",
    },
    { name: 'quality', value: 'Q', text: "1 to 100, for formats that have it; default: sharp's" },
    {
      name: 'background',
      value: 'COLOR',
      text:
        'colour behind transparent parts where the format has no transparency (JPEG), and of the bars of --fit contain: ' +
        "a CSS colour ('#fff', white); default: white, and black bars",
    },
    {
      name: 'keep-metadata',
      text: 'keep EXIF, colour profile and other metadata, which may tell where and with which camera a photo was taken; default: drop it',
    },
    {
      name: 'out',
      short: 'o',
      value: 'DIR',
      completes: 'directory',
      text: 'directory of the results; created if it is missing',
    },
    { name: 'skip-existing', text: 'make only results that do not exist yet' },
    { name: 'dry-run', short: 'n', text: 'print what would be made, and make nothing' },
    workersOption,
    ...fileWatchOptions,
  ],
  examples: [
    { line: 'millrace resize photos --width 800 --out small', text: 'a tree of small photographs' },
    {
      line: 'millrace resize photos --width 320,640,1280 --format avif,webp -o web',
      text: 'six files for each image, for <img srcset>',
    },
    {
      line: "millrace resize logo.png --format jpeg --background '#fff' -o jpegs",
      text: 'the same size in another format, on white',
    },
  ],
};
