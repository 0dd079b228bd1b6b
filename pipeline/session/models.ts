// The models of a session: one stays open for all plans whose options open the same.
import type { OptionName, Options } from '../../config/options.ts';
import type { DrawingOptions } from '../strategies/strategy.ts';
import { controlPlaces, type OpenedControl, openControls } from './controls.ts';
import { locateModel } from './locate-model.ts';
import { type OpenedModel, openModel } from './open-model.ts';

/** The options that decide what is opened; of `control` only the places, and of `freeu` only whether it is off. */
export const OPENING = [
  'device',
  'threads',
  'model',
  'modelFolders',
  'vae',
  'variant',
  'modelConfig',
  'prediction',
  'spacing',
  'lora',
  'embedding',
  'control',
  'freeu',
  'freeuStages',
  'freeuOrder',
] as const satisfies readonly OptionName[];

const openingOf = (options: Options): string =>
  JSON.stringify([
    OPENING.filter(name => name !== 'control' && name !== 'freeu').map(name => options[name]),
    controlPlaces(options),
    options.freeu === 'off',
  ]);

export type Models = {
  /** Opens the model that these options ask for, unless it is open. Another that nobody uses is closed. */
  open(options: DrawingOptions): Promise<OpenedModel>;
  /** As `open`; it stays open until `release` is called. */
  hold(options: DrawingOptions): Promise<{ readonly opened: OpenedModel; release(): void }>;
  close(): Promise<void>;
};

export type ModelsOptions = {
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
  /** Whether the U-Net tells what FreeU sees and makes. */
  readonly probes?: boolean;
  /** In place of what `control` names. */
  readonly controls?: readonly OpenedControl[] | undefined;
};

type Entry = { readonly opened: Promise<OpenedModel>; users: number };

export const openModels = ({ warn, signal, probes = false, controls }: ModelsOptions): Models => {
  const entries = new Map<string, Entry>();
  const openAnew = async (options: DrawingOptions): Promise<OpenedModel> => {
    const model = await locateModel(options);
    const opened = controls ?? (await openControls(options, model, signal));
    return openModel({ options, model, controls: opened, warn, probes });
  };
  const close = async ([key, { opened }]: [string, Entry]): Promise<void> => {
    entries.delete(key);
    const model = await opened.catch(() => undefined); // told to whoever opened it
    await model?.close();
  };
  const entryOf = async (options: DrawingOptions): Promise<Entry> => {
    const key = openingOf(options);
    const present = entries.get(key);
    if (present) return present;
    for (const entry of [...entries]) if (entry[1].users === 0) await close(entry);
    const entry = entries.get(key) ?? { opened: openAnew(options), users: 0 };
    entries.set(key, entry);
    entry.opened.catch(() => entries.delete(key)); // the next plan tries again
    return entry;
  };
  return {
    open: async options => (await entryOf(options)).opened,
    hold: async options => {
      const entry = await entryOf(options);
      entry.users++;
      const release = (): void => void entry.users--;
      const opened = await entry.opened.catch(error => {
        release();
        throw error;
      });
      return { opened, release };
    },
    close: async () => {
      for (const entry of [...entries]) await close(entry);
    },
  };
};
