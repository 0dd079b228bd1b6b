// The models of a session: one stays open for all plans whose options open the same.
import type { OptionName, Options } from '../../config/options.ts';
import type { DrawingOptions } from '../strategies/strategy.ts';
import { controlPlaces, type OpenedControl, openControls } from './controls.ts';
import { freeuFormsOf } from './freeu-forms.ts';
import { locateModel } from './locate-model.ts';
import { type OpenedModel, openModel } from './open-model.ts';

/** The options that decide what is opened; of `control` only the places, of `freeu` only whether it is off, of `freeuStage` the forms. */
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
  'deepCache',
  'deepCacheBlocks',
  'precision',
  'int8',
  'tokenDownsampling',
  'freeu',
  'freeuStages',
  'freeuStage',
  'freeuOrder',
] as const satisfies readonly OptionName[];

/** What is opened, but for FreeU's part in it. */
const openingOf = (options: Options): string =>
  JSON.stringify([
    OPENING.filter(name => name !== 'control' && !name.startsWith('freeu')).map(name => options[name]),
    controlPlaces(options),
  ]);

/** FreeU's part of the U-Net; undefined for one without it. */
const freeuPartOf = (options: Options): string | undefined =>
  options.freeu === 'off' ? undefined : JSON.stringify([options.freeuStages, options.freeuOrder, freeuFormsOf(options)]);

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

type Entry = { readonly opening: string; readonly freeu: string | undefined; readonly opened: Promise<OpenedModel>; users: number };

export const openModels = ({ warn, signal, probes = false, controls }: ModelsOptions): Models => {
  const entries = new Set<Entry>();
  const openAnew = async (options: DrawingOptions): Promise<OpenedModel> => {
    const model = await locateModel(options);
    const opened = controls ?? (await openControls(options, model, signal));
    return openModel({ options, model, controls: opened, warn, probes });
  };
  const close = async (entry: Entry): Promise<void> => {
    entries.delete(entry);
    const model = await entry.opened.catch(() => undefined); // told to whoever opened it
    await model?.close();
  };
  /** An open model that draws what the options ask for. One with FreeU serves without it, too: at factors of 1 it gives the same bits. */
  const fitting = (opening: string, freeu: string | undefined): Entry | undefined =>
    [...entries].find(entry => entry.opening === opening && (freeu === undefined || entry.freeu === freeu));
  const entryOf = async (options: DrawingOptions): Promise<Entry> => {
    const [opening, freeu] = [openingOf(options), freeuPartOf(options)];
    const present = fitting(opening, freeu);
    if (present) return present;
    for (const entry of [...entries]) if (entry.users === 0) await close(entry);
    const opened = fitting(opening, freeu); // meanwhile, by another plan
    if (opened) return opened;
    const entry: Entry = { opening, freeu, opened: openAnew(options), users: 0 };
    entries.add(entry);
    entry.opened.catch(() => entries.delete(entry)); // the next plan tries again
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
