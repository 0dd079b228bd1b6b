// What a picture says of itself, in the words that A1111's web interface writes and reads.
import { basename } from 'node:path';
import { quotedField } from '../../../config/infotext.ts';
import type { FreeUStrengths } from '../../../config/option.ts';
import type { Options } from '../../../config/options.ts';
import { packageVersion } from '../../../config/paths.ts';
import type { Size } from '../../../media/size.ts';
import { freeuFields } from './png-freeu.ts';
import { samplerFields } from './png-sampler.ts';

export type PictureFacts = {
  readonly seed: number;
  readonly freeu: FreeUStrengths | undefined;
  readonly size: Size;
  readonly model: string;
  readonly sdxl: boolean;
  readonly adapters: readonly string[];
  /** Pictures on a contact sheet. */
  readonly sheet?: number;
};

type Field = readonly [name: string, value: string | number | undefined];

/** Text layers left out: one less than the web UI's Clip skip, which counts otherwise for SDXL. */
const clipFields = (clipSkip: number, sdxl: boolean): Field[] =>
  clipSkip === 0
    ? []
    : [
        ['Clip skip', sdxl ? undefined : clipSkip + 1],
        ['Layers skipped', clipSkip],
      ];

const precisionFields = ({ precision, int8, tokenDownsampling }: Options): Field[] => [
  ['Precision', precision === 'exact' ? undefined : precision],
  ['Int8', int8 === 'auto' ? undefined : int8],
  ['Token downsampling', tokenDownsampling === 'auto' ? undefined : tokenDownsampling],
];

/** How the model is read where an option says so, and SDXL's sizes. */
const modelFields = ({ vae, prediction, spacing, originalSize, cropIds }: Options, sdxl: boolean): Field[] => [
  ['VAE', vae === undefined ? undefined : basename(vae)],
  ['Prediction', prediction === 'auto' ? undefined : prediction],
  ['Timestep spacing', spacing === 'auto' ? undefined : spacing],
  ['Original size', sdxl ? originalSize : undefined],
  ['Crop ids', sdxl ? cropIds : undefined],
];

/** Prompt, negative prompt, then one line of `Name: value`; `--from-png` reads it. */
export const parametersText = (options: Options & { readonly style: string }, facts: PictureFacts): string => {
  const { seed, freeu, size, model, sdxl, adapters, sheet } = facts;
  const { style, secondStyle, negativePrompt, steps, sampler, cfgScale, cfgLow, cfgHigh, guidanceRescale, clipSkip, strength, init, mix } =
    options;
  const { firstCfgScale, firstAgain, secondAgain, secondFrom, guidanceStart, guidanceEnd, deepCache, deepCacheBlocks } = options;
  const [samplerName, schedule] = samplerFields(sampler);
  const fields: Field[] = [
    ['Second style', secondStyle],
    ['Steps', steps],
    ['Sampler', samplerName],
    ['Schedule type', schedule],
    ['CFG scale', cfgScale],
    ['First CFG scale', secondStyle ? firstCfgScale : undefined],
    ['First again', secondStyle ? firstAgain : undefined],
    ['Second again', secondStyle ? secondAgain : undefined],
    ['Second from', secondStyle ? secondFrom : undefined],
    ['CFG low', cfgLow],
    ['CFG high', cfgHigh],
    ['CFG rescale', guidanceRescale > 0 ? guidanceRescale : undefined],
    ['CFG start', guidanceStart > 0 ? guidanceStart : undefined],
    ['CFG end', guidanceEnd < 1 ? guidanceEnd : undefined],
    ['Deep cache', deepCache > 1 ? deepCache : undefined],
    ['Deep cache blocks', deepCache > 1 ? deepCacheBlocks : undefined],
    ...precisionFields(options),
    ['Seed', seed],
    ['Size', `${size.width}x${size.height}`],
    ['Model', basename(model)],
    ['Denoising strength', init === undefined ? undefined : strength],
    ['Strength steps', init === undefined && !secondStyle ? undefined : options.strengthSteps],
    ['Mix', init !== undefined && mix < 1 ? mix : undefined],
    ...clipFields(clipSkip, sdxl),
    ...modelFields(options, sdxl),
    ...(freeu ? freeuFields(freeu, options) : []),
    ['Adapters', adapters.length > 0 ? adapters.join('; ') : undefined],
    ['Sheet', sheet],
    ['Version', `rerender ${packageVersion()}`],
  ];
  const line = fields.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${quotedField(String(value))}`])).join(', ');
  return [style, ...(negativePrompt ? [`Negative prompt: ${negativePrompt}`] : []), line].join('\n');
};
