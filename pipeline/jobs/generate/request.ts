// A request to draw from a prompt: pictures or a clip, as the model decides.
import { UsageError } from '../../../config/errors.ts';
import type { Options } from '../../../config/options.ts';
import type { Size } from '../../../media/size.ts';
import type { Request } from '../../session/request.ts';

/** `style` is the prompt. */
export type GenerateRequest = Omit<Request, 'input'>;

/** The options, with the prompt that drawing needs. @throws UsageError without one */
export const withPrompt = (options: Options): Options & { readonly style: string } => {
  const { style } = options;
  if (style === undefined || style.trim() === '') throw new UsageError('No prompt: say what is to be seen with --prompt "a dog runs".');
  return { ...options, style };
};

/** `--width` x `--height`, each `--size` where it is not given. @throws UsageError where the model cannot draw that */
export const drawnSize = ({ width, height, size }: Options, factor: number): Size => {
  const sides = { width: width ?? size, height: height ?? size };
  for (const [side, pixels] of Object.entries(sides)) {
    if (pixels % factor !== 0) throw new UsageError(`--${side} must be a multiple of ${factor} for this model; got ${pixels}.`);
  }
  return sides;
};
