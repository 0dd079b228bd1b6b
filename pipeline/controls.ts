// Which ControlNets a run uses, and where they lie.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { CONTROL_TYPES, type ControlType, parseControls } from '../config/control.ts';
import { RerenderError } from '../config/errors.ts';
import type { Options } from '../config/options.ts';
import { recommendation } from './settle.ts';

export type Control = { readonly type: ControlType; readonly folder: string; readonly scale: number };
export type Controls = readonly Control[];

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** The types that `controlnet/` inside a model folder may be asked for: those the model recommends, or any when it says nothing. */
const ownTypes = async (model: string): Promise<readonly ControlType[]> => {
  const { control } = await recommendation(model);
  return Array.isArray(control) ? parseControls(control.map(String)).map(({ type }) => type) : CONTROL_TYPES;
};

/**
 * The ControlNets of a run. One that names no folder is looked for in the model's: `controlnet_TYPE`, then `controlnet`.
 * @throws RerenderError (exit code 3) when it is nowhere
 */
export const resolveControls = async (options: Options, model: string): Promise<Control[]> => {
  const own = await ownTypes(model);
  return Promise.all(
    parseControls(options.control).map(async ({ type, folder, scale = options.controlScale }) => {
      const inside = [join(model, `controlnet_${type}`), ...(own.includes(type) ? [join(model, 'controlnet')] : [])];
      const candidates = folder === undefined ? inside : [folder];
      for (const candidate of candidates) if (await exists(candidate)) return { type, folder: candidate, scale };
      const where = candidates.join(' or ');
      throw new RerenderError(
        'CONTROL_MISSING',
        'missing',
        `No ${type} ControlNet in ${where}: give its folder or file with --control ${type}=PATH, or --control none.`,
      );
    }),
  );
};
