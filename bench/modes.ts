// What cheaper drawing costs in quality: PSNR of key frames against the exact ones, and with --metrics the measures of the clip.
//   npx tsx bench/modes.ts --clips a.mp4,b.mp4 --presets watercolor,comic [--modes fast,deep2] [--size 256] [--frames 0-20] [--metrics]
// Pictures stay in --folder (default: a temporary one), one folder for each clip, preset and mode.
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { PartialOptions } from '../config/options.ts';
import { readPicture } from '../media/picture.ts';
import { keyframes, metrics, type RangeText, rerender } from '../pipeline/index.ts';

const { values } = parseArgs({
  options: {
    clips: { type: 'string' },
    presets: { type: 'string', default: 'watercolor' },
    modes: { type: 'string' },
    model: { type: 'string' },
    size: { type: 'string', default: '256' },
    frames: { type: 'string', default: '0-20' },
    folder: { type: 'string', default: mkdtempSync(join(tmpdir(), 'modes-')) },
    metrics: { type: 'boolean', default: false },
  },
});

const MODES: Readonly<Record<string, PartialOptions>> = {
  linear: { int8: 'linear' },
  conv: { int8: 'conv' },
  all: { int8: 'all' },
  thin: { tokenDownsampling: '2' },
  fast: { precision: 'fast' },
  deep2: { deepCache: 2 },
  'deep2 of 2': { deepCache: 2, deepCacheBlocks: 2 },
  deep3: { deepCache: 3 },
  'guided to 0.6': { guidanceEnd: 0.6 },
  'guided from 0.4': { guidanceStart: 0.4 },
  balanced: { speed: 'balanced' },
  draft: { speed: 'draft' },
};

/** Peak signal-to-noise ratio of 8-bit pictures, dB. */
const psnr = (a: Uint8Array, b: Uint8Array): number => {
  const error = a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length;
  return 10 * Math.log10(255 ** 2 / error);
};

/** The pixels of all key frames. */
const pixelsIn = async (folder: string): Promise<Uint8Array> => {
  const names = readdirSync(folder).filter(name => /^keyframe-.*\.png$/.test(name));
  const pictures = await Promise.all(names.sort().map(name => readPicture(join(folder, name))));
  return Buffer.concat(pictures.map(({ data }) => data));
};

const chosen = Object.entries(MODES).filter(([name]) => !values.modes || values.modes.split(',').includes(name));
for (const preset of values.presets.split(',')) {
  for (const input of (values.clips ?? 'examples/lakeside.mp4').split(',')) {
    const common = { input, preset, size: Number(values.size), frames: values.frames as RangeText, cache: false, overwrite: true };
    const draw = async (mode: string, options: PartialOptions) => {
      const output = join(values.folder, `${basename(input, '.mp4')}, ${preset}, ${mode}`);
      const model = values.model === undefined ? {} : { model: values.model };
      const before = process.cpuUsage().user;
      await keyframes({ ...common, ...model, ...options, output });
      const seconds = (process.cpuUsage().user - before) / 1e6;
      if (!values.metrics) return { pixels: await pixelsIn(output), seconds, measures: '' };
      await rerender({ ...common, ...model, ...options, output: `${output}.mp4` });
      const { summary } = await metrics({ input, output: `${output}.mp4`, frames: common.frames });
      const { warpError, flicker, structure, sharpness } = summary;
      const measures = Object.entries({ warp: warpError?.output, flicker: flicker?.output, structure, sharpness });
      return { pixels: await pixelsIn(output), seconds, measures: measures.map(([name, x]) => `${name} ${x?.toFixed(3)}`).join(', ') };
    };
    const exact = await draw('exact', {});
    console.log(`${basename(input)}, ${preset}: exact ${exact.seconds.toFixed(1)} s ${exact.measures}`);
    for (const [mode, options] of chosen) {
      const { pixels, seconds, measures } = await draw(mode, options);
      console.log(
        `${basename(input)}, ${preset}: ${mode} ${psnr(exact.pixels, pixels).toFixed(1)} dB, ${seconds.toFixed(1)} s ${measures}`,
      );
    }
  }
}
