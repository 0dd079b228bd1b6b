// The pictures that a drawing begins at or is controlled by.
import { parseControls } from '../../config/control.ts';
import { UsageError } from '../../config/errors.ts';
import type { Options } from '../../config/options.ts';
import { MediaError } from '../../media/errors.ts';
import type { Picture } from '../../media/frame.ts';
import { coverPicture, readPicture } from '../../media/picture.ts';
import { workingSize } from '../../media/size.ts';
import type { ControlUse } from '../../models/denoise/guided-denoiser.ts';
import type { Runtime } from '../../models/runtime/runtime.ts';
import { tileImage } from '../../stages/keyframes/control.ts';
import { openVision } from '../../stages/vision/vision.ts';
import { hintsOf } from '../control-hints.ts';
import { type Control, resolveControls } from '../controls.ts';
import type { Size } from '../source.ts';
import { drawnSize } from './request.ts';

export type ImageInputs = { readonly init: Picture | undefined; readonly control: Picture | undefined };

const readImage = async (flag: string, path: string | undefined, maxPixels: number): Promise<Picture | undefined> =>
  path === undefined
    ? undefined
    : readPicture(path, { maxPixels }).catch(cause => {
        if (cause instanceof MediaError) throw new MediaError(cause.code, `${flag} ${cause.message}`, { cause });
        throw new MediaError('IMAGE_UNREADABLE', `${flag} ${path} is no picture that can be read: ${(cause as Error).message}.`, { cause });
      });

/** Reads `--init` and `--control-image`; the first serves as the second where that is not given. @throws MediaError */
export const readImages = async ({ init, controlImage: control, maxPixels }: Options): Promise<ImageInputs> => {
  const picture = await readImage('--init', init, maxPixels);
  return { init: picture, control: control === undefined ? picture : await readImage('--control-image', control, maxPixels) };
};

/** The ControlNets of a drawing: none where there is no picture to feed them with. @throws UsageError where that contradicts what was asked for */
export const controlsFor = async (
  options: Options,
  asked: boolean,
  { control }: ImageInputs,
  model: string,
  signal: AbortSignal,
): Promise<Control[]> => {
  const wanted = parseControls(options.control);
  if (wanted.length === 0 && options.controlImage !== undefined) {
    throw new UsageError('--control-image needs a ControlNet to feed: give one with --control TYPE=PATH.');
  }
  if (control || wanted.every(({ images }) => images !== undefined)) return resolveControls(options, model, signal);
  if (asked) throw new UsageError('--control needs a picture: give one with --control-image, or begin at one with --init.');
  return [];
};

const SMALLEST = 64; // pixels of a picture's side

/** The size to draw at: as asked for, or else of the shape of `--init`, its short side `--size`. */
export const sizeFor = (options: Options, { init }: ImageInputs, factor: number): Size => {
  if (!init || options.width !== undefined || options.height !== undefined) {
    const sides = drawnSize(options, factor);
    for (const [side, pixels] of Object.entries(sides)) {
      if (pixels < SMALLEST) throw new UsageError(`--${side} must be at least ${SMALLEST} pixels; got ${pixels}.`);
    }
    return sides;
  }
  return workingSize(init, { size: options.size, multiple: options.sizeMultiple });
};

/** The ControlNets with their control images, at the size that is drawn. */
export const controlUses = async (
  controls: readonly Control[],
  picture: Picture | undefined,
  { width, height }: Size,
  { options: { cannyLow: low, cannyHigh: high }, runtime, signal }: { options: Options; runtime: Runtime; signal: AbortSignal },
): Promise<ControlUse[]> => {
  const blank = { width, height, data: new Uint8Array(3 * width * height) }; // every ControlNet brings pictures of its own
  const shown = picture ? await coverPicture(picture, width, height) : blank;
  const vision = openVision();
  try {
    const hints = await hintsOf(controls, { vision, runtime, canny: { low, high } });
    const frame = { ...shown, index: 0, time: 0 };
    return await Promise.all(
      controls.map(async ({ scale, guess, steps: [start, end] }, i) => {
        const image = await (hints[i] ?? tileImage)(frame, signal);
        return { image, scale, guess, start, end };
      }),
    );
  } finally {
    await vision.close();
  }
};
