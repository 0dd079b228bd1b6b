// Which options a file that came with a download may set: a model's rerender.json, a rerender.config.json in the current folder.

import { parseControls } from './control.ts';
import { UsageError } from './errors.ts';
import { OPTION_NAMES } from './layers.ts';
import type { OptionSpec } from './option.ts';
import { OPTIONS, type OptionName } from './options.ts';
import { parseValue } from './parse.ts';
import { didYouMean } from './suggest.ts';

const specOf = (name: OptionName): OptionSpec => OPTIONS[name];

/** The options that a model's rerender.json may set. */
export const MODEL_OPTIONS: readonly OptionName[] = OPTION_NAMES.filter(name => specOf(name).openTo === 'models');

/** The options that a config in the current folder may set, with those whose paths have to stay inside that folder. */
export const FOLDER_OPTIONS: readonly OptionName[] = OPTION_NAMES.filter(name => specOf(name).openTo !== undefined);

/** Whether an option names a file to write, which a config in the current folder may choose inside that folder. */
export const staysInside = (name: OptionName): boolean => specOf(name).openTo === 'folders, inside';

const isOption = (name: string): name is OptionName => Object.hasOwn(OPTIONS, name);

/** The ControlNets that a model asks for are its own: types, scales and steps, and no paths. */
const checkControl = (values: readonly string[], where: string): void => {
  const specs = (() => {
    try {
      return parseControls(values);
    } catch (cause) {
      throw new UsageError(`${where}: ${(cause as Error).message}`, { cause });
    }
  })();
  if (specs.every(({ folder, images, annotator }) => folder === undefined && images === undefined && annotator === undefined)) return;
  throw new UsageError(`${where} names a path, which no model may: remove it there, and give --control yourself if you want it.`);
};

/**
 * Checks what a model recommends for itself: drawing options alone, each by its own rule, and no paths.
 * @param where the file, and the preset in it
 * @throws UsageError naming the file and the key
 */
export const checkModelOptions = (values: Readonly<Record<string, unknown>>, where: string): void => {
  for (const [name, value] of Object.entries(values)) {
    if (!isOption(name)) throw new UsageError(`${where}: unknown option ${name}.${didYouMean(name, MODEL_OPTIONS)}`);
    if (!MODEL_OPTIONS.includes(name)) {
      throw new UsageError(`${where} sets ${name}, which no model may set: remove that key, and give the option yourself if you want it.`);
    }
    const parsed = parseValue(OPTIONS[name], value, `${where}: ${name}`);
    if (name === 'control') checkControl(parsed as readonly string[], `${where}: ${name}`);
  }
};
