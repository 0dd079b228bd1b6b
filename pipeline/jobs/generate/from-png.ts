// `--from-png FILE`: the settings that a picture's text holds, as options below those that the user gives in the same call.
import { basename } from 'node:path';
import type { RerenderError } from '../../../config/errors.ts';
import { type Infotext, parseInfotext } from '../../../config/infotext.ts';
import { type Layer, settle } from '../../../config/layers.ts';
import { OPTIONS, type OptionName } from '../../../config/options.ts';
import { isAskedFor, isDirect } from '../../../config/origin.ts';
import { parseValue } from '../../../config/parse.ts';
import { EMBEDDED_MODELS } from '../../../config/paths.ts';
import { findPreset } from '../../../config/presets.ts';
import { readSmallFile, UnreadableFile } from '../../../config/read-file.ts';
import { cut } from '../../../config/show.ts';
import { parseSizeIds } from '../../../config/size-ids.ts';
import { MediaError } from '../../../media/errors.ts';
import { pngTexts } from '../../../media/png-text.ts';
import { familyAt } from '../../../models/inspect/family.ts';
import { modelKind } from '../../../models/open/model-kind.ts';
import { locateModel } from '../../session/locate-model.ts';
import { layersOf, type Request } from '../../session/request.ts';
import { FREEU_FIELDS, freeuSaid } from './png-freeu.ts';
import { samplerOf } from './png-sampler.ts';

/** Fields that say nothing of how a picture looks, or that are named with the model. */
const SILENT = [
  /^Version$/,
  /^Model hash$/,
  /hashes$/i,
  /^VAE( hash)?$/,
  /^Created Date$/,
  /^Model$/,
  /^Schedule type$/,
  /^Sheet$/,
  /^Adapters$/,
];

type Values = { [K in OptionName]?: unknown };

/** What a text says, and what of it is not taken, in words. */
type Read = { readonly values: Values; readonly left: readonly string[] };

/** Options that one field says by itself. */
const PLAIN: Readonly<Record<string, OptionName>> = {
  'Second style': 'secondStyle',
  Steps: 'steps',
  Seed: 'seed',
  'CFG scale': 'cfgScale',
  'First CFG scale': 'firstCfgScale',
  'First again': 'firstAgain',
  'Second again': 'secondAgain',
  'Second from': 'secondFrom',
  'Strength steps': 'strengthSteps',
  'CFG low': 'cfgLow',
  'CFG high': 'cfgHigh',
  'CFG rescale': 'guidanceRescale',
  'CFG start': 'guidanceStart',
  'CFG end': 'guidanceEnd',
  'Deep cache': 'deepCache',
  'Deep cache blocks': 'deepCacheBlocks',
  Precision: 'precision',
  Int8: 'int8',
  'Token downsampling': 'tokenDownsampling',
  'Layers skipped': 'clipSkip',
  Prediction: 'prediction',
  'Timestep spacing': 'spacing',
  'Original size': 'originalSize',
  'Crop ids': 'cropIds',
};

/** Fields of a picture whose drawing began at another picture. */
const STRENGTHS = ['Denoising strength', 'Second style'];

/** Option values from a text; what breaks an option's rule is left. @param sdxl whether Clip skip counts as there: SDXL's is its own */
const valuesOf = ({ prompt, negative, fields }: Infotext, { init, sdxl }: { readonly init: boolean; readonly sdxl: boolean }): Read => {
  const values: Values = {};
  const left: string[] = [];
  const take = (field: string, said: Values): void => {
    for (const [name, value] of Object.entries(said) as [OptionName, unknown][]) {
      try {
        const parsed = parseValue(OPTIONS[name], value, field);
        if (name === 'originalSize' || name === 'cropIds') parseSizeIds({ [name]: parsed as string });
        values[name] = parsed;
      } catch (error) {
        left.push((error as RerenderError).message.replace(/\.$/, ''));
      }
    }
  };
  take('the prompt', { ...(prompt && { style: prompt }), negativePrompt: negative });
  if (STRENGTHS.some(field => fields.has(field))) values.strengthSteps = 'whole'; // who does not say otherwise
  for (const [field, value] of fields) {
    const option = PLAIN[field];
    const size = field === 'Size' ? /^(\d+)x(\d+)$/.exec(value) : undefined;
    if (option) take(field, { [option]: value });
    else if (size) take(field, { width: size[1], height: size[2] });
    else if (field === 'Sampler') {
      const sampler = samplerOf(value, fields.get('Schedule type'));
      if (sampler) values.sampler = sampler;
      else left.push(`Sampler ${[value, fields.get('Schedule type') ?? []].flat().join(', ')}, which is none of --sampler`);
    } else if (field === 'Clip skip') {
      if (!sdxl && !fields.has('Layers skipped')) take(field, { clipSkip: Number(value) - 1 });
    } else if (field === 'Denoising strength' && !fields.has('Hires upscale')) {
      if (init) take(field, { strength: value });
      else left.push(`Denoising strength ${value}: the picture began at another one, which is given with --init`);
    } else if (field === 'Mix' && init) take(field, { mix: value });
    else if (![...SILENT, ...FREEU_FIELDS].some(pattern => pattern.test(field))) left.push(cut(`${field} ${value}`));
  }
  if (fields.size > 0 && !fields.has('Sheet')) {
    try {
      take('FreeU', freeuSaid(fields, Number(values.steps ?? OPTIONS.steps.default)));
    } catch (error) {
      left.push((error as Error).message);
    }
  }
  return { values, left };
};

/** The text of a picture. @throws MediaError for a file that has none, or is no whole PNG */
const infotextOf = async (file: string): Promise<Infotext> => {
  const where = `--from-png ${file}`;
  const bytes = await readSmallFile(file).catch(cause => {
    const reason =
      cause instanceof UnreadableFile
        ? cause.message
        : (cause as NodeJS.ErrnoException).code === 'ENOENT'
          ? 'there is no such file'
          : cause.message;
    throw new MediaError('PNG_TEXT', `${where} cannot be read: ${reason}`, { cause });
  });
  const texts = pngTexts(bytes, where);
  const text = texts.get('parameters');
  if (text !== undefined && text.trim() !== '') return parseInfotext(text);
  const comfy = texts.has('workflow') || texts.has('prompt');
  const why = comfy ? 'it holds a workflow of ComfyUI, which is not read' : 'it does not say what it was drawn with';
  throw new MediaError('PNG_TEXT', `${where}: ${why}; give a PNG of this program or of A1111's web UI with its text ("parameters")`);
};

const isOwn = (fields: Infotext['fields']): boolean => fields.get('Version')?.startsWith('rerender') === true;

const withoutEnding = (name: string): string => basename(name).replace(/\.(safetensors|ckpt)$/i, '');

/** The embedded model that drew a picture of this program. */
const embeddedOf = ({ fields }: Infotext): string | undefined =>
  isOwn(fields) ? EMBEDDED_MODELS.get(fields.get('Model') ?? '') : undefined;

/** Sentences about what a text says beyond its options. */
const remarks = ({ fields }: Infotext, file: string, model: string, vae: string | undefined): string[] => {
  const [drawnWith, adapters, codec] = [fields.get('Model'), fields.get('Adapters'), fields.get('VAE')];
  return [
    ...(drawnWith !== undefined && withoutEnding(drawnWith) !== withoutEnding(model)
      ? [`${file} was drawn with the model ${cut(drawnWith)}, which --model names; here it is ${withoutEnding(model)}`]
      : []),
    ...(codec !== undefined && withoutEnding(codec) !== withoutEnding(vae ?? '')
      ? [`${file} was drawn with the autoencoder ${cut(codec)}: give it with --vae`]
      : []),
    ...(adapters === undefined ? [] : [`${file} was drawn with ${cut(adapters)}: give them with --lora and --embedding`]),
    ...(fields.has('Sheet')
      ? [`${file} is a sheet of ${cut(fields.get('Sheet')!)} pictures: the settings of the first are taken, without FreeU`]
      : []),
    ...(isOwn(fields) || fields.size === 0
      ? []
      : [`${file} is of another program, whose noise is another: expect its like, not the same picture`]),
  ];
};

/**
 * A request with the settings of the PNG that `fromPng` names: above files, environment, presets and models, below what is given directly.
 * @throws MediaError for a file that is no PNG, is damaged or says nothing
 */
export const withPngSettings = async (request: Request): Promise<Request> => {
  const layers = layersOf(request);
  const { options, origins } = settle(layers);
  const { fromPng: file, preset, init, vae } = options;
  if (file === undefined) return request;
  const named = await locateModel(options);
  if ((await modelKind(named)) === 'video') return request; // which has no use for it: told where the job's options are checked
  const infotext = await infotextOf(file);
  const embedded = isAskedFor(origins.model) ? undefined : embeddedOf(infotext);
  const model = embedded ?? named;
  const { values, left } = valuesOf(infotext, { init: init !== undefined, sdxl: (await familyAt(model)) === 'sdxl' });
  const chosen = preset !== undefined && isDirect(origins.preset) ? Object.keys(findPreset(preset)) : [];
  const taken = Object.fromEntries(Object.entries({ ...values, model: embedded }).filter(([name]) => !chosen.includes(name)));
  const direct = layers.filter(({ origin }) => isDirect(origin));
  const png: Layer = { origin: { kind: 'file', detail: file }, values: taken };
  const others = layers.filter(({ origin }) => !isDirect(origin));
  const { input, onEvent, signal } = request;
  const warn = (message: string): void => onEvent?.({ type: 'warning', message });
  for (const message of remarks(infotext, file, model, vae)) warn(message);
  if (left.length > 0)
    warn(`${file}: not taken: ${left.slice(0, 20).join('; ')}${left.length > 20 ? ` and ${left.length - 20} more` : ''}`);
  return { input, onEvent, signal, layers: [...direct, png, ...others] };
};
