// Which ControlNets a run uses, and where they lie.
import { join } from 'node:path';
import { CONTROL_TYPES, type ControlSpec, type ControlType, parseControls } from '../../config/control.ts';
import { RerenderError } from '../../config/errors.ts';
import { exists } from '../../config/exists.ts';
import type { Options } from '../../config/options.ts';
import { snapshotAt } from '../../models/hub/snapshot.ts';
import type { ControlFacts } from '../strategies/strategy.ts';
import { type ControlPictures, openControlPictures } from './control-pictures.ts';
import { fileDigest } from './digest.ts';
import { locate } from './locate-model.ts';
import { recommendation } from './settle.ts';

/** A ControlNet of a run, and what its images are made from. */
export type OpenedControl = {
  readonly type: ControlType;
  /** The ControlNet's, or its file. */
  readonly folder: string;
  /** The user's own pictures, in place of what would be made of the frames. */
  readonly pictures?: ControlPictures;
  /** The weights of the network that makes the pictures. */
  readonly annotator?: { readonly path: string; readonly digest: string };
};

/** The types that `controlnet/` inside a model folder may be asked for: those the model recommends, or any when it says nothing. */
const ownTypes = async (model: string): Promise<readonly ControlType[]> => {
  const { control } = (await recommendation(model)).general;
  return Array.isArray(control) ? parseControls(control as string[]).map(({ type }) => type) : CONTROL_TYPES;
};

const folderOf = async (
  { type, folder }: ControlSpec,
  model: string,
  own: readonly ControlType[],
  folders: readonly string[],
): Promise<string> => {
  const inside = [join(model, `controlnet_${type}`), ...(own.includes(type) ? [join(model, 'controlnet')] : [])];
  const candidates = folder === undefined ? inside : [await locate(folder, 'ControlNet', folders)];
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
 * The ControlNets of a run. A folder may be named as a model is, by an id or a name, too; one that names none is looked for in the model's:
 * `controlnet_TYPE`, then `controlnet`.
 * @throws RerenderError (exit code 3) when it is nowhere, what opening its pictures throws
 */
export const openControls = async (options: Options, model: string, signal: AbortSignal): Promise<OpenedControl[]> => {
  const allowed = await ownTypes(model);
  return Promise.all(
    parseControls(options.control).map(async (spec): Promise<OpenedControl> => {
      const { type, images, annotator } = spec;
      const folder = await folderOf(spec, model, allowed, options.modelFolders);
      return {
        type,
        folder,
        ...(images !== undefined && { pictures: await openControlPictures(images, options, signal) }),
        ...(annotator !== undefined && { annotator: { path: annotator, digest: await annotatorDigest(annotator) } }),
      };
    }),
  );
};

/** What of `--control` decides which networks and pictures are opened; the rest is how they are used. */
export const controlPlaces = ({ control }: Options) => parseControls(control).map(({ scale: _scale, steps: _steps, ...place }) => place);

/** The ControlNets as a plan knows them: how the options use what is open. */
export const controlFacts = (options: Options, opened: readonly OpenedControl[]): ControlFacts[] =>
  parseControls(options.control)
    .slice(0, opened.length)
    .map(({ type, scale = options.controlScale, steps: [start, end] = [0, 1] }, i) => ({
      type,
      scale,
      start,
      end,
      guess: options.controlGuess,
      pictures: opened[i]!.pictures?.digest,
      annotator: opened[i]!.annotator?.digest,
    }));
