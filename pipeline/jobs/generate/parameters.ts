// What a picture says of itself, in the words that A1111's web interface writes and reads.
import { basename } from 'node:path';
import type { FreeUStrengths } from '../../../config/option.ts';
import type { Options } from '../../../config/options.ts';
import { packageVersion } from '../../../config/paths.ts';
import type { Size } from '../../../media/size.ts';

export type PictureFacts = {
  readonly seed: number;
  readonly freeu: FreeUStrengths | undefined;
  readonly size: Size;
  readonly model: string;
  readonly adapters: readonly string[];
};

const quoted = (text: string): string => (/[,:"\n]/.test(text) ? JSON.stringify(text) : text);

/** Prompt, negative prompt, then one line of `Name: value`. */
export const parametersText = (
  options: Options & { readonly style: string },
  { seed, freeu, size, model, adapters }: PictureFacts,
): string => {
  const { style, negativePrompt, steps, sampler, cfgScale, strength, init, mix, freeuVersion } = options;
  const fields: [string, string | number | undefined][] = [
    ['Steps', steps],
    ['Sampler', sampler],
    ['CFG scale', cfgScale],
    ['Seed', seed],
    ['Size', `${size.width}x${size.height}`],
    ['Model', basename(model)],
    ['Denoising strength', init === undefined ? undefined : strength],
    ['Mix', init !== undefined && mix < 1 ? mix : undefined],
    ['FreeU', freeu && `${freeu.b1},${freeu.b2},${freeu.s1},${freeu.s2}`],
    ['FreeU version', freeu && freeuVersion],
    ['Adapters', adapters.length > 0 ? adapters.join('; ') : undefined],
    ['Version', `rerender ${packageVersion()}`],
  ];
  const line = fields.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${quoted(String(value))}`])).join(', ');
  return [style, ...(negativePrompt ? [`Negative prompt: ${negativePrompt}`] : []), line].join('\n');
};
