// Runs EbSynth's program on one frame, with the guides and settings that Rerender gives it, for comparison.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RerenderError } from '../../config/errors.ts';
import type { Picture } from '../../media/frame.ts';
import { readPicture, writePng } from '../../media/picture.ts';
import { openTemporaryFolder } from '../../media/temporary-folder.ts';
import type { FlowPair } from '../../stages/flow/estimate.ts';
import { resizeFlow } from '../../stages/flow/grid.ts';
import { compose } from '../../stages/propagate/compose.ts';

/** EbSynth's program failed, or is not what the path leads to. */
class EbsynthError extends RerenderError {
  constructor(program: string, options?: ErrorOptions) {
    super('EBSYNTH_FAILED', 'missing', `${program} did not run: --ebsynth wants the path of EbSynth's command-line program`, options);
  }
}

const SETTINGS = ['-uniformity', '3500', '-patchsize', '5', '-searchvoteiters', '12', '-patchmatchiters', '6', '-backend', 'cpu'];

/** 4-neighbour Laplacian, negatives lost. */
const edges = ({ width, height, data }: Picture): Picture => {
  const at = (x: number, y: number, c: number): number =>
    data[3 * (Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))) + c]!;
  return {
    width,
    height,
    data: Uint8Array.from(data, (value, n) => {
      const [c, x, y] = [n % 3, Math.floor(n / 3) % width, Math.floor(n / 3 / width)];
      return Math.min(255, Math.max(0, at(x - 1, y, c) + at(x + 1, y, c) + at(x, y - 1, c) + at(x, y + 1, c) - 4 * value));
    }),
  };
};

/** A picture by a rule that gives each pixel's three channels from its place. */
const drawn = (width: number, height: number, colour: (x: number, y: number) => readonly [number, number, number]): Picture => {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0, p = 0; y < height; y++) for (let x = 0; x < width; x++, p += 3) data.set(colour(x, y), p);
  return { width, height, data };
};

/** A frame `flows.length` frames after its key, as EbSynth makes it, and the wall seconds it took. */
export const runEbsynth = async (
  program: string,
  { key, style, frame, flows, signal }: { key: Picture; style: Picture; frame: Picture; flows: readonly FlowPair[]; signal: AbortSignal },
): Promise<{ picture: Picture; seconds: number }> => {
  const { width, height } = key;
  let map = new Float32Array(2 * width * height);
  for (const flow of flows) {
    const out = new Float32Array(map.length);
    compose(resizeFlow(flow.backward, flow, key), map, width, height, out);
    map = out;
  }
  const place = (x: number, y: number): readonly [number, number] => {
    const p = 2 * (y * width + x);
    return [Math.min(width - 1, Math.max(0, Math.round(x + map[p]!))), Math.min(height - 1, Math.max(0, Math.round(y + map[p + 1]!)))];
  };
  const ramp = (x: number, y: number): readonly [number, number, number] => [
    Math.floor((255 * x) / width),
    Math.floor((255 * y) / height),
    0,
  ];
  const guides: readonly (readonly [name: string, source: Picture, target: Picture, weight: string])[] = [
    ['colour', key, frame, '6'],
    ['edge', edges(key), edges(frame), '0.5'],
    [
      'temporal',
      style,
      drawn(width, height, (x, y) => {
        const [u, v] = place(x, y);
        const q = 3 * (v * width + u);
        return [style.data[q]!, style.data[q + 1]!, style.data[q + 2]!];
      }),
      '0.5',
    ],
    ['position', drawn(width, height, ramp), drawn(width, height, (x, y) => ramp(...place(x, y))), '2'],
  ];
  const { folder, close } = await openTemporaryFolder();
  try {
    await writePng(join(folder, 'style.png'), style);
    const args = ['-style', 'style.png', '-weight', '1'];
    for (const [name, source, target, weight] of guides) {
      await writePng(join(folder, `${name}-source.png`), source);
      await writePng(join(folder, `${name}-target.png`), target);
      args.push('-guide', `${name}-source.png`, `${name}-target.png`, '-weight', weight);
    }
    const start = performance.now();
    await promisify(execFile)(program, [...args, ...SETTINGS, '-output', 'out.png'], { cwd: folder, signal, maxBuffer: 2 ** 26 });
    return { picture: await readPicture(join(folder, 'out.png')), seconds: (performance.now() - start) / 1000 };
  } catch (cause) {
    signal.throwIfAborted();
    throw new EbsynthError(program, { cause });
  } finally {
    await close();
  }
};
