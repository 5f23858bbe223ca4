import { workersOption } from './command.ts';
import type { CommandSpec } from './command.ts';

export const resizeCommand: CommandSpec = {
  name: 'resize',
  summary: 'resize images, to several sizes and formats at once',
  synopsis: ['[OPTION]... --width W[,W]... --out DIR PATH...'],
  text: [
    "Resizes images, and prints the paths of the results. The shape of a directory's tree is kept below DIR; a source " +
      'is never overwritten. An image is decoded once, whatever the number of widths and formats. With several widths ' +
      'each result is named after its own: photo-320.webp. Needs the package sharp.',
    'A file in a tree that is no image is skipped and counted; one that is named is an error.',
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
        "what shows through where an image is transparent and its format can't be (JPEG), and behind the bars of " +
        "--fit contain: a CSS colour ('#fff', white); default: white, and black bars",
    },
    {
      name: 'keep-metadata',
      text: 'keep EXIF, colour profile and other metadata, places and names of cameras included; default: drop them',
    },
    {
      name: 'out',
      short: 'o',
      value: 'DIR',
      completes: 'directory',
      text: 'where to write; made if it is missing',
    },
    { name: 'skip-existing', text: 'make only the results that do not exist yet' },
    { name: 'dry-run', short: 'n', text: 'print what would be made, and make nothing' },
    workersOption,
  ],
  examples: [
    { line: 'millrace resize photos --width 800 --out small', text: 'a tree of small photographs' },
    {
      line: 'millrace resize photos --width 320,640,1280 --format avif,webp -o web',
      text: 'six files of each image, for <img srcset>',
    },
  ],
};
