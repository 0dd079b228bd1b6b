// Which pictures are drawn: one, one for each seed, or a sweep over FreeU's factors; and where each goes.
import { basename, dirname, extname, join } from 'node:path';
import { UsageError } from '../../../config/errors.ts';
import type { FreeUStrengths } from '../../../config/option.ts';
import type { Options } from '../../../config/options.ts';
import { parseSweep, type Sweep, seedsOf } from '../../../config/sweep.ts';
import { checkOutput } from '../../session/output.ts';

/** One picture to draw: its seed and FreeU's factors, and its name beside the sheet or in it. */
export type Cell = { readonly seed: number; readonly freeu: FreeUStrengths | undefined; readonly label: string; readonly file?: string };

/** `out.png` and seed 7: `out-7.png`. */
const beside = (output: string, seed: number): string => {
  const ending = extname(output);
  return join(dirname(output), `${basename(output, ending)}-${seed}${ending}`);
};

const sweepOf = ({ freeu, freeuSweep, freeuStage }: Options, authors?: FreeUStrengths): Sweep | undefined => {
  if (freeu !== 'off') return parseSweep(freeuSweep, freeu, { further: freeuStage.length > 0, ...(authors && { authors }) });
  if (freeuSweep.length > 0) throw new UsageError('--freeu-sweep with --freeu off draws nothing but the same: leave one out.');
  return undefined;
};

const SPECTRUM_FILES = ['.svg', '.json'];

/** @throws UsageError where the analysis cannot be written, or has nothing to tell */
export const checkSpectrum = async ({ freeuSpectrum: file, freeu, overwrite }: Options, output: string): Promise<void> => {
  if (file === undefined) return;
  if (!SPECTRUM_FILES.includes(extname(file).toLowerCase()))
    throw new UsageError(`--freeu-spectrum ${file}: the file must be a .svg or a .json.`);
  if (freeu === 'off') throw new UsageError('--freeu-spectrum compares FreeU with none: leave out --freeu off.');
  await checkOutput(file, output, overwrite);
};

/**
 * What is drawn, in order; one picture alone is the output itself, of more the output is a contact sheet.
 * @param authors the factors that FreeU's authors publish for the model
 */
export const cellsOf = (options: Options, output: string, authors?: FreeUStrengths): { cells: Cell[]; columns: number | undefined } => {
  const freeu = options.freeu === 'off' ? undefined : options.freeu;
  const seeds = seedsOf(options);
  const sweep = sweepOf(options, authors);
  if (sweep) {
    if (seeds.length > 1) throw new UsageError('--freeu-sweep draws one seed: leave out --seeds and --count.');
    const cells = sweep.cells.map(({ label, freeu }) => ({ seed: seeds[0] ?? options.seed, freeu, label }));
    return { cells, columns: sweep.columns };
  }
  const cells = seeds.map(seed => ({ seed, freeu, label: `seed ${seed}`, ...(seeds.length > 1 && { file: beside(output, seed) }) }));
  return { cells, columns: undefined };
};
