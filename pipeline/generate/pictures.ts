// Text to image: single pictures, grids of seeds, and sweeps over FreeU's factors.
import { basename, dirname, extname, join } from 'node:path';
import { UsageError } from '../../config/errors.ts';
import { GENERATE_DEFAULTS } from '../../config/generate-defaults.ts';
import type { FreeUStrengths } from '../../config/option.ts';
import type { Options } from '../../config/options.ts';
import { isAskedFor } from '../../config/origin.ts';
import { parseSweep, type Sweep, seedsOf } from '../../config/sweep.ts';
import { contactSheetPng } from '../../media/contact-sheet.ts';
import type { Picture } from '../../media/frame.ts';
import { coverPicture, pngBytes, shrinkPicture } from '../../media/picture.ts';
import { withPngText } from '../../media/png-text.ts';
import { guardFile } from '../../media/same-file.ts';
import { writeWhole } from '../../media/whole-file.ts';
import { drawPicture } from '../../stages/pictures/draw.ts';
import { fileDigest } from '../digest.ts';
import type { RunResult } from '../events.ts';
import { locateModel } from '../locate-model.ts';
import { freeuOf, openModel } from '../open-model.ts';
import { checkOutput } from '../output.ts';
import { packPictures, unpackPictures } from '../pictures.ts';
import { stepsAtStrength } from '../plan.ts';
import { pick, settledOf } from '../request.ts';
import { stageClock } from '../run-times.ts';
import { type Scope, withScope } from '../scope.ts';
import { artifactKey } from '../store.ts';
import { DRAWING } from '../tasks.ts';
import { VERSIONS } from '../versions.ts';
import { openWorkDir } from '../work-dir.ts';
import { controlsFor, controlUses, readImages, sizeFor } from './image-inputs.ts';
import { parametersText } from './parameters.ts';
import { type GenerateRequest, withPrompt } from './request.ts';
import { writeSpectra } from './spectrum.ts';

/** Cells of a sheet are at most this wide, pixels. */
const CELL = 384;

/** One picture to draw: its seed and FreeU's factors, and its name beside the sheet or in it. */
type Cell = { readonly seed: number; readonly freeu: FreeUStrengths | undefined; readonly label: string; readonly file?: string };

/** `out.png` and seed 7: `out-7.png`. */
const beside = (output: string, seed: number): string => {
  const ending = extname(output);
  return join(dirname(output), `${basename(output, ending)}-${seed}${ending}`);
};

const sweepOf = ({ freeu, freeuSweep }: Options): Sweep | undefined => {
  if (freeu !== 'off') return parseSweep(freeuSweep, freeu);
  if (freeuSweep.length > 0) throw new UsageError('--freeu-sweep with --freeu off draws nothing but the same: leave one out.');
  return undefined;
};

const SPECTRUM_FILES = ['.svg', '.json'];

/** @throws UsageError where the analysis cannot be written, or has nothing to tell */
const checkSpectrum = async ({ freeuSpectrum: file, freeu, overwrite }: Options, output: string): Promise<void> => {
  if (file === undefined) return;
  if (!SPECTRUM_FILES.includes(extname(file).toLowerCase()))
    throw new UsageError(`--freeu-spectrum ${file}: the file must be a .svg or a .json.`);
  if (freeu === 'off') throw new UsageError('--freeu-spectrum compares FreeU with none: leave out --freeu off.');
  await checkOutput(file, output, overwrite);
};

/** What is drawn, in order; one picture alone is the output itself, of more the output is a contact sheet. */
const cellsOf = (options: Options, output: string): { cells: Cell[]; columns: number | undefined } => {
  const freeu = freeuOf(options);
  const seeds = seedsOf(options);
  const sweep = sweepOf(options);
  if (sweep) {
    if (seeds.length > 1) throw new UsageError('--freeu-sweep draws one seed: leave out --seeds and --count.');
    const cells = sweep.cells.map(({ label, freeu }) => ({ seed: seeds[0] ?? options.seed, freeu, label }));
    return { cells, columns: sweep.columns };
  }
  const cells = seeds.map(seed => ({ seed, freeu, label: `seed ${seed}`, ...(seeds.length > 1 && { file: beside(output, seed) }) }));
  return { cells, columns: undefined };
};

/**
 * Draws pictures from a prompt.
 * @throws RerenderError with a stable `code` and `exitCode`; the signal's reason on abort. Pictures that are finished by then stay.
 */
export const generatePictures = (request: GenerateRequest): Promise<RunResult> =>
  withScope(request.signal, scope => drawInScope(request, scope));

const drawInScope = async (request: GenerateRequest, scope: Scope): Promise<RunResult> => {
  const emit = request.onEvent ?? (() => undefined);
  const { signal } = scope;
  const { options: settled, origins } = await settledOf({ ...request, input: '' });
  const options = withPrompt(settled);
  const output = options.output ?? GENERATE_DEFAULTS.picture;
  if (extname(output).toLowerCase() !== '.png') throw new UsageError(`The output ${output} must be a .png: this model draws pictures.`);
  const { cells, columns } = cellsOf(options, output);
  for (const file of [output, ...cells.flatMap(c => c.file ?? [])]) await checkOutput(file, options.init, options.overwrite);
  await checkSpectrum(options, output);
  const files = [options.init, options.controlImage].filter(f => f !== undefined);
  const guards = await Promise.all(files.map(guardFile));
  const images = await readImages(options);
  const digests = await Promise.all(files.map(fileDigest));
  await Promise.all(guards.map(guard => guard.check()));
  const path = await locateModel(options.model);
  const controls = await controlsFor(options, isAskedFor(origins.control), images, path, signal);
  const work = await scope.use(openWorkDir(options, message => emit({ type: 'warning', message })));
  const opening = openModel({
    options,
    model: path,
    controls: controls.map(c => c.folder),
    emit,
    probes: options.freeuSpectrum !== undefined,
  });
  const { model, runtime, device, prompts } = await scope.use(opening);
  for (const { pictures } of controls) if (pictures) await scope.use(pictures);
  const clock = stageClock(emit);
  const { width, height } = sizeFor(options, images, model.info.factor);
  const size = { width, height };
  const uses = await controlUses(controls, images.control, size, { options, runtime, signal });
  const init = images.init && { picture: await coverPicture(images.init, width, height), strength: options.strength };
  const about = {
    drawing: pick(options, DRAWING),
    digest: model.info.digest,
    device,
    size,
    controls: controls.map(c => c.identity),
    files: digests,
    init: options.init !== undefined,
  };
  const runs = init ? stepsAtStrength(options.steps, options.strength) : model.steps(options.steps, options.sampler).length;
  clock.start('pictures');
  let kept = 0;
  const draw = async ({ seed, freeu }: Cell, index: number): Promise<Picture> => {
    const key = artifactKey('pictures', VERSIONS.pictures, { ...about, seed, freeu });
    const found = await work.store.get(key);
    if (found) kept++;
    let done = 0;
    const onStep = (): void => clock.progress('pictures', index * runs + ++done, cells.length * runs, 'steps');
    const use = freeu && freeuOf({ ...options, freeu });
    const { steps, sampler, cfgScale: guidance } = options;
    const picture = found
      ? (await unpackPictures(found))[0]!
      : await drawPicture(
          model,
          await prompts(signal),
          { size, seed, steps, sampler, guidance, freeu: use, controls: uses, init },
          { signal, onStep },
        );
    if (!found) await work.store.put(key, await packPictures([picture]));
    else clock.progress('pictures', (index + 1) * runs, cells.length * runs, 'steps', true);
    return picture;
  };
  const save = async (file: string, png: Buffer, cell: Cell): Promise<void> => {
    const told = { seed: cell.seed, freeu: cell.freeu, size, model: path, adapters: model.info.adapters };
    await writeWhole(file, options.metadata ? withPngText(png, 'parameters', parametersText(options, told)) : png, options);
  };
  const drawn: { label: string; picture: Picture }[] = [];
  for (const [index, cell] of cells.entries()) {
    const picture = await draw(cell, index);
    const file = cells.length === 1 ? output : cell.file;
    if (file !== undefined) await save(file, await pngBytes(picture), cell);
    drawn.push({ label: cell.label, picture: await shrinkPicture(picture, CELL) });
  }
  if (cells.length > 1)
    await save(output, await contactSheetPng(drawn, columns === undefined ? {} : { columns }), { ...cells[0]!, freeu: undefined });
  const base = freeuOf(options);
  if (options.freeuSpectrum !== undefined && base) {
    const { steps, sampler, cfgScale: guidance } = options;
    const job = { size, seed: cells[0]!.seed, steps, sampler, guidance, freeu: base, controls: uses, init };
    const { style: prompt, overwrite } = options;
    await writeSpectra(options.freeuSpectrum, { model, conditioning: await prompts(signal), job, prompt, overwrite, signal });
  }
  clock.done('pictures', kept);
  const result: RunResult = {
    output,
    frames: 0,
    keyframes: 0,
    pictures: cells.length,
    shots: 0,
    seed: cells[0]!.seed,
    device,
    seconds: clock.seconds(),
  };
  emit({ type: 'result', result });
  return result;
};
