// Settles the options of a run: what was given, what --speed bundles, the preset, what the model recommends, the defaults.
import { join } from 'node:path';
import { UsageError } from '../../config/errors.ts';
import { isObject, parseJson } from '../../config/json.ts';
import { type Layer, type Settled, settle } from '../../config/layers.ts';
import type { Options, PartialOptions } from '../../config/options.ts';
import { readOptionsFile } from '../../config/options-file.ts';
import { findPreset } from '../../config/presets.ts';
import { SPEEDS } from '../../config/speed.ts';
import { checkModelOptions } from '../../config/trust.ts';
import { parseStyleWords, partStyles, type StyleWords, suits } from '../../config/two-styles.ts';
import { snapshotAt } from '../../models/hub/snapshot.ts';
import { modelKind } from '../../models/open/model-kind.ts';
import { sdxlSide } from '../../models/open/sdxl-side.ts';
import { freeuRows, type Purpose } from './freeu-rows.ts';
import { locateModel } from './locate-model.ts';

/**
 * A model folder may recommend options for itself in this file, under `presets` further ones for each preset, by their names, and under
 * `styles` the words of styles that it draws one after the other, with options for those that come second.
 */
const RECOMMENDATION_FILE = 'rerender.json';

type Values = Readonly<Record<string, unknown>>;

type Recommendation = {
  readonly path: string;
  readonly general: Values;
  readonly presets: ReadonlyMap<string, Values>;
  /** Where the model draws two styles of one prompt one after the other: the words by which it knows them. */
  readonly styles: StyleWords | undefined;
};

const parseObject = (source: Uint8Array | string, path: string): Values => {
  const value = parseJson(source, reason => new UsageError(`${path} ${reason}.`));
  if (!isObject(value)) throw new UsageError(`${path} must hold one JSON object of options: correct or remove it.`);
  return value;
};

/**
 * What the model in a folder recommends; nothing for an ordinary diffusers folder. The file is data of whoever made the model:
 * it may set drawing options alone (docs/configuration.md).
 * @throws UsageError when it is no JSON object of options, or sets what no model may set
 */
export const recommendation = async (folder: string): Promise<Recommendation> => {
  const path = join(folder, RECOMMENDATION_FILE);
  const { presets = {}, styles, ...general } = parseObject((await readOptionsFile(path)) ?? '{}', path);
  if (!isObject(presets)) throw new UsageError(`${path}: presets must be an object of options by the presets' names.`);
  checkModelOptions(general, path);
  for (const [preset, values] of Object.entries(presets)) {
    const where = `${path}, preset ${preset}`;
    if (!isObject(values)) throw new UsageError(`${where} must be an object of options.`);
    checkModelOptions(values, where);
  }
  const words = parseStyleWords(styles, path);
  for (const [tone, values] of Object.entries(words?.options ?? {})) checkModelOptions(values, `${path}, styles, options of ${tone}`);
  return { path, general, presets: new Map(Object.entries(presets) as [string, Values][]), styles: words };
};

/**
 * The two styles of a prompt as a layer, where the model draws them one after the other and nobody said what is drawn over the first. Both
 * come from where the prompt does, so that a command that repeats the run has them.
 */
const twoStyles = ({ styles }: Recommendation, { options: { style, secondStyle }, origins }: Settled): Layer[] => {
  if (style === undefined || secondStyle !== undefined) return [];
  const values = styles && partStyles(style, styles);
  return values ? [{ origin: origins.style, values }] : [];
};

/** What the model advises for the second style. */
const secondStyleAdvice = ({ styles }: Recommendation, secondStyle = ''): Layer[] => {
  const values = styles ? suits(secondStyle, styles) : {};
  return Object.keys(values).length > 0 ? [{ origin: { kind: 'model', detail: `for ${secondStyle}` }, values }] : [];
};

/** What suits every video model: ModelScope's size, steps and guidance; FreeU by diffusers' rule, for which its row is meant. */
const VIDEO_ADVICE: PartialOptions = {
  size: 256,
  steps: 50,
  cfgScale: 9,
  strength: 0.6,
  freeuVersion: 1,
  freeuStages: 'blocks',
};

/** What suits SDXL's family: the size that the model is made for. */
const sdxlAdvice = async (folder: string, modelConfig: string | undefined): Promise<PartialOptions | undefined> => {
  const size = await sdxlSide(folder, modelConfig && (await snapshotAt(modelConfig)));
  return size === undefined ? undefined : { size };
};

/** The model's advice as layers: that for the preset, the general one, and what suits its family. */
const adviceLayers = async (
  folder: string,
  { general, presets }: Recommendation,
  { preset, modelConfig }: Pick<Options, 'preset' | 'modelConfig'>,
): Promise<Layer[]> => {
  const sdxl = await sdxlAdvice(folder, modelConfig);
  const special = preset === undefined ? undefined : presets.get(preset);
  const advice = (detail: string | undefined, values: Values): Layer => ({ origin: { kind: 'model', detail }, values });
  return [
    ...(special ? [advice(`for preset ${preset}`, special)] : []),
    advice(undefined, general),
    ...((await modelKind(folder)) === 'video' ? [advice('as every video model', VIDEO_ADVICE)] : []),
    ...(sdxl ? [advice('as SDXL is trained', sdxl)] : []),
  ];
};

/**
 * @param given what flags, environment and files say, strongest first
 * @param purpose what is drawn, by which FreeU's row is chosen: a clip anew (default), or from words
 * @throws UsageError as {@link settle} and for an unknown preset; RerenderError for a model of the hub that is not here
 */
export const settleRun = async (given: readonly Layer[], purpose: Purpose = 'clip'): Promise<Settled> => {
  const { options } = settle(given);
  const { preset, speed } = options;
  const bundle: Layer[] = speed === 'exact' ? [] : [{ origin: { kind: 'preset', detail: `speed ${speed}` }, values: SPEEDS[speed] }];
  const named: Layer[] = preset === undefined ? [] : [{ origin: { kind: 'preset', detail: preset }, values: findPreset(preset) }];
  const folder = await locateModel(options);
  const recommended = await recommendation(folder);
  const said = [...given, ...bundle, ...named];
  const advice = await adviceLayers(folder, recommended, options);
  const asked = [...twoStyles(recommended, settle([...said, ...advice])), ...said];
  const layers = [...asked, ...secondStyleAdvice(recommended, settle([...asked, ...advice]).options.secondStyle), ...advice];
  const settled = settle(layers);
  if (!['auto', 'authors'].includes(settled.freeuChoice.row)) return settled;
  return settle(layers, await freeuRows(settled.options, folder, purpose));
};
