// The pictures that a drawing begins at or is controlled by.
import { parseControls } from '../../../config/control.ts';
import { UsageError } from '../../../config/errors.ts';
import type { Options } from '../../../config/options.ts';
import { MediaError } from '../../../media/errors.ts';
import type { Picture } from '../../../media/frame.ts';
import { coverPicture, readPicture } from '../../../media/picture.ts';
import type { Size } from '../../../media/size.ts';
import { workingSize } from '../../../media/size.ts';
import { type OpenedControl, openControls } from '../../session/controls.ts';
import type { Images } from '../../steps/held.ts';
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

/**
 * The ControlNets of a drawing: none where there is no picture to feed them with. @throws UsageError where that contradicts what was asked
 * for
 */
export const controlsFor = async (
  options: Options,
  asked: boolean,
  { control }: ImageInputs,
  model: string,
  signal: AbortSignal,
): Promise<OpenedControl[]> => {
  const wanted = parseControls(options.control);
  if (wanted.length === 0 && options.controlImage !== undefined) {
    throw new UsageError('--control-image needs a ControlNet to feed: give one with --control TYPE=PATH.');
  }
  if (control || wanted.every(({ images }) => images !== undefined)) return openControls(options, model, signal);
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

/** The pictures for the steps that ask for them, cut to the size that is drawn. */
export const imagesAt = ({ init, control }: ImageInputs): Images => ({
  at: async (image, { width, height }) => {
    const picture = image === 'init' ? init : control;
    const blank = { width, height, data: new Uint8Array(3 * width * height) }; // every ControlNet brings pictures of its own
    return { ...(picture ? await coverPicture(picture, width, height) : blank), index: 0, time: 0 };
  },
});
