// The pictures that a drawing begins at or is controlled by.
import { parseControls } from '../../../config/control.ts';
import { UsageError } from '../../../config/errors.ts';
import type { Options } from '../../../config/options.ts';
import type { Picture } from '../../../media/frame.ts';
import { coverPicture } from '../../../media/picture.ts';
import { type Size, workingSize } from '../../../media/size.ts';
import { type OpenedControl, openControls } from '../../session/controls.ts';
import { readStill, type StillContext } from '../../session/still.ts';
import type { Images } from '../../steps/held.ts';
import type { ImageDigests } from '../../strategies/prompt.ts';
import { drawnSize } from './request.ts';

export type ImageInputs = { readonly init: Picture | undefined; readonly control: Picture | undefined };

/**
 * Reads `--init` and `--control-image`, each a picture or a frame of a clip; the first serves as the second where that is not given.
 * @returns the pictures, and what they are known by in artifact keys
 * @throws MediaError, UsageError as `readStill`
 */
export const readImages = async (context: StillContext): Promise<{ readonly images: ImageInputs; readonly digests: ImageDigests }> => {
  const { init, controlImage } = context.options;
  const still = init === undefined ? undefined : await readStill('--init', init, context);
  const control = controlImage === undefined ? still : await readStill('--control-image', controlImage, context);
  return { images: { init: still?.picture, control: control?.picture }, digests: { init: still?.digest, control: control?.digest } };
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
