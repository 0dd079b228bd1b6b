// The embedded model that draws from words: where it stands in for a model that nobody names, and what it is not for.
import { parseControls } from '../../config/control.ts';
import { UsageError } from '../../config/errors.ts';
import { type Layer, settle } from '../../config/layers.ts';
import { isAskedFor } from '../../config/origin.ts';
import { wordsModel } from '../../config/paths.ts';
import type { Size } from '../../media/size.ts';

/** Named where nobody names a model. */
const DRAWS: Layer = { origin: { kind: 'default' }, values: { model: wordsModel } };

/**
 * Layers of a drawing from a prompt, with the model that draws from words below them where they name no model. A drawing that begins at a
 * picture, or that a ControlNet guides, keeps the embedded model that restyles.
 */
export const withWordsModel = (layers: readonly Layer[]): readonly Layer[] => {
  const { options, origins } = settle(layers);
  const { model, init, controlImage, control } = options;
  const guided = isAskedFor(origins.control) && parseControls(control).length > 0;
  return model === undefined && init === undefined && controlImage === undefined && !guided ? [...layers, DRAWS] : layers;
};

const SIDE = 64; // pixels; what it learned from

/** A sentence for a picture of another size than the embedded model that draws from words was trained at. */
export const wordsSizeWarning = (folder: string, { width, height }: Size): string | undefined =>
  folder === wordsModel && Math.max(width, height) > SIDE
    ? `rerender-words draws whole things at ${SIDE}x${SIDE} pixels alone, and pieces of them at ${width}x${height}: leave --size out`
    : undefined;

/** @throws UsageError where clips would be drawn with the embedded model that draws from words */
export const refuseWordsModel = (folder: string): void => {
  if (folder !== wordsModel) return;
  throw new UsageError(
    'rerender-words draws small pictures from words (`rerender generate -p "a cat"`) and knows no styles: leave --model out, ' +
      'and rerender-mini restyles the clip, or name another.',
  );
};
