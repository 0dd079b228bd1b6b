// Which ControlNets a run uses, and where they lie.
import { join } from 'node:path';
import { CONTROL_TYPES, type ControlSpec, type ControlType, parseControls } from '../config/control.ts';
import { RerenderError } from '../config/errors.ts';
import { exists } from '../config/exists.ts';
import type { Options } from '../config/options.ts';
import { snapshotAt } from '../models/hub/snapshot.ts';
import { type ControlPictures, openControlPictures } from './control-pictures.ts';
import { fileDigest } from './digest.ts';
import { recommendation } from './settle.ts';

export type Control = {
  readonly type: ControlType;
  /** The ControlNet's, or its file. */
  readonly folder: string;
  readonly scale: number;
  /** Fractions of the steps that it guides. */
  readonly steps: readonly [start: number, end: number];
  readonly guess: boolean;
  /** The user's own, in place of what would be made of the frames. */
  readonly pictures?: ControlPictures;
  /** The network that makes the pictures. */
  readonly annotator?: string;
  /** What its part in the drawing is known by in artifact keys, apart from its weights. */
  readonly identity: Readonly<Record<string, unknown>>;
};
export type Controls = readonly Control[];

/** The types that `controlnet/` inside a model folder may be asked for: those the model recommends, or any when it says nothing. */
const ownTypes = async (model: string): Promise<readonly ControlType[]> => {
  const { control } = (await recommendation(model)).general;
  return Array.isArray(control) ? parseControls(control as string[]).map(({ type }) => type) : CONTROL_TYPES;
};

const folderOf = async ({ type, folder }: ControlSpec, model: string, own: readonly ControlType[]): Promise<string> => {
  const inside = [join(model, `controlnet_${type}`), ...(own.includes(type) ? [join(model, 'controlnet')] : [])];
  const candidates = folder === undefined ? inside : [folder];
  for (const candidate of candidates) if (await exists(candidate)) return snapshotAt(candidate);
  const where = candidates.join(' or ');
  throw new RerenderError(
    'CONTROL_MISSING',
    'missing',
    `No ${type} ControlNet in ${where}: give its folder or file with --control ${type}=PATH, or --control none.`,
  );
};

const annotatorDigest = (file: string): Promise<string> =>
  fileDigest(file).catch(cause => {
    throw new RerenderError('CONTROL_MISSING', 'missing', `There is no annotator ${file}: give the path of ControlNetHED.pth.`, { cause });
  });

/**
 * The ControlNets of a run. One that names no folder is looked for in the model's: `controlnet_TYPE`, then `controlnet`.
 * @throws RerenderError (exit code 3) when it is nowhere, what opening its pictures throws
 */
export const resolveControls = async (options: Options, model: string, signal: AbortSignal): Promise<Control[]> => {
  const own = await ownTypes(model);
  return Promise.all(
    parseControls(options.control).map(async (spec): Promise<Control> => {
      const { type, scale = options.controlScale, steps = [0, 1], images, annotator } = spec;
      const folder = await folderOf(spec, model, own);
      const pictures = images === undefined ? undefined : await openControlPictures(images, options, signal);
      const guess = options.controlGuess;
      const identity = {
        type,
        scale,
        ...(spec.steps && { steps }),
        ...(guess && { guess }),
        ...(pictures && { pictures: pictures.digest }),
        ...(annotator !== undefined && { annotator: await annotatorDigest(annotator) }),
      };
      return { type, folder, scale, steps, guess, identity, ...(pictures && { pictures }), ...(annotator !== undefined && { annotator }) };
    }),
  );
};

/** A ControlNet in a line of the plan: `depth 0.8, steps 0-0.6, pictures depth/ (nets/depth)`. */
export const controlText = ({ type, folder, scale, steps, guess, pictures, annotator }: Control): string =>
  `${[
    `${type} ${scale}`,
    ...(steps[0] > 0 || steps[1] < 1 ? [`steps ${steps.join('-')}`] : []),
    ...(guess ? ['guessing'] : []),
    ...(pictures ? [`pictures ${pictures.path}`] : []),
    ...(annotator === undefined ? [] : [`annotator ${annotator}`]),
  ].join(', ')} (${folder})`;
