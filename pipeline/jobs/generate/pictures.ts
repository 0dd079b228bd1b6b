// Text to image: single pictures, grids of seeds, and sweeps over FreeU's factors.
import { extname } from 'node:path';
import { UsageError } from '../../../config/errors.ts';
import type { FreeUChoice } from '../../../config/freeu.ts';
import { GENERATE_DEFAULTS } from '../../../config/generate-defaults.ts';
import type { Settled } from '../../../config/layers.ts';
import { isAskedFor } from '../../../config/origin.ts';
import { contactSheetPng } from '../../../media/contact-sheet.ts';
import type { Picture } from '../../../media/frame.ts';
import { coverPicture, magnifyPicture, pngBytes, shrinkPicture } from '../../../media/picture.ts';
import { withPngText } from '../../../media/png-text.ts';
import type { Size } from '../../../media/size.ts';
import { writeWhole } from '../../../media/whole-file.ts';
import { blendPictures } from '../../../stages/pictures/blend.ts';
import type { Listener, RunResult } from '../../events.ts';
import { freeuRows } from '../../session/freeu-rows.ts';
import { locateModel } from '../../session/locate-model.ts';
import type { OpenedModel } from '../../session/open-model.ts';
import { checkOutput } from '../../session/output.ts';
import type { Planned } from '../../session/planned.ts';
import type { Scope } from '../../session/scope.ts';
import { stillFile } from '../../session/still.ts';
import { wordsSizeWarning } from '../../session/words-model.ts';
import { openWorkshop, type Workshop } from '../../session/workshop.ts';
import { factsOf } from '../../session.ts';
import { checkDraws } from '../../strategies/draws.ts';
import { planPictures } from '../../strategies/prompt.ts';
import type { DrawingOptions } from '../../strategies/strategy.ts';
import { denoisingEvents } from '../denoising.ts';
import { forcedBy, stageHooks } from '../progress.ts';
import { stageClock } from '../run-times.ts';
import { type Cell, cellsOf, checkSpectrum } from './cells.ts';
import { controlsFor, imagesAt, readImages, sizeFor } from './image-inputs.ts';
import { parametersText } from './parameters.ts';
import { withPrompt } from './request.ts';
import { drawSpectra } from './spectrum.ts';

/** Cells of a sheet are no wider, pixels. */
const WIDEST = 384;
/** And not narrower, so that their labels have room: smaller pictures are shown with larger pixels. */
const NARROWEST = 128;

const inSheet = async (picture: Picture): Promise<Picture> =>
  magnifyPicture(await shrinkPicture(picture, WIDEST), Math.max(1, Math.ceil(NARROWEST / picture.width)));

/** What is drawn, with what is open for it. */
type PictureJob = {
  readonly options: DrawingOptions;
  /** Which row of FreeU's factors holds. */
  readonly freeuChoice: FreeUChoice;
  readonly output: string;
  readonly workshop: Workshop;
  readonly opened: OpenedModel;
  readonly cells: readonly Cell[];
  readonly columns: number | undefined;
  readonly size: Size;
  readonly planned: Planned & ReturnType<typeof planPictures>;
  /** A drawn picture over the one that it began at, as `mix` has it. */
  mixed(drawn: Picture): Promise<Picture>;
};

/** Checks what a drawing that begins at a picture, or at none, has no use for. @throws UsageError */
const checkBegin = ({ options, origins }: Settled): void => {
  if (options.init !== undefined || options.secondStyle) checkDraws(options, 'picture');
  if (options.init === undefined && options.mix < 1 && isAskedFor(origins.mix)) {
    throw new UsageError('--mix lays the drawing over the picture of --init: give one, or leave --mix out.');
  }
};

/** Where FreeU's effect is to be shown and only the model says that it is off, the authors' factors stand for it. */
const withFactors = async (options: DrawingOptions, { freeu: origin }: Settled['origins']) => {
  if (options.freeuSweep.length === 0 && options.freeuSpectrum === undefined) return { options, rows: undefined };
  const rows = await freeuRows(options, await locateModel(options), 'prompt');
  const isRecommended = options.freeu === 'off' && !isAskedFor(origin);
  return { options: isRecommended ? { ...options, freeu: rows.authors.factors } : options, rows };
};

/** Settles what is drawn and opens what draws it. What is wrong with the request is told before anything is opened. */
const preparePictures = async (settled: Settled, scope: Scope, emit: Listener): Promise<PictureJob> => {
  const { signal } = scope;
  const { options, rows } = await withFactors(withPrompt(settled.options), settled.origins);
  const output = options.output ?? GENERATE_DEFAULTS.picture;
  if (extname(output).toLowerCase() !== '.png') throw new UsageError(`The output ${output} must be a .png: this model draws pictures.`);
  checkBegin(settled);
  const { cells, columns } = cellsOf(options, output, rows?.authors.factors);
  const source = options.init === undefined ? undefined : (await stillFile('--init', options.init)).path;
  for (const file of [output, ...cells.flatMap(c => c.file ?? [])]) await checkOutput(file, source, options.overwrite);
  await checkSpectrum(options, output);
  const warn = (message: string): void => emit({ type: 'warning', message });
  const { images, digests } = await readImages({ options, signal, warn });
  const controls = await controlsFor(options, isAskedFor(settled.origins.control), images, await locateModel(options), signal);
  const workshop = await openWorkshop(scope, {
    options,
    images: imagesAt(images),
    warn,
    probes: options.freeuSpectrum !== undefined,
    controls,
  });
  const opened = await workshop.models.open(options);
  const { width, height } = sizeFor(options, images, opened.model.info.factor);
  const size = { width, height };
  const unfit = wordsSizeWarning(opened.model.info.folder, size);
  if (unfit !== undefined) warn(unfit);
  const planned = { ...planPictures(options, cells, size, digests, factsOf(options, opened)), options };
  const mixed: PictureJob['mixed'] = async drawn => {
    if (images.init === undefined || options.mix === 1) return drawn;
    return blendPictures(drawn, await coverPicture(images.init, width, height), options.mix);
  };
  return { options, freeuChoice: settled.freeuChoice, output, workshop, opened, cells, columns, size, planned, mixed };
};

/** Writes a picture with what was asked for beside it. */
const save = async (
  file: string,
  png: Buffer,
  { seed, freeu }: Pick<Cell, 'seed' | 'freeu'>,
  { options, opened, size }: PictureJob,
  sheet?: number,
): Promise<void> => {
  const { folder, adapters, sdxl } = opened.model.info;
  const text = parametersText(options, { seed, freeu, size, model: folder, sdxl, adapters, ...(sheet !== undefined && { sheet }) });
  await writeWhole(file, options.metadata ? withPngText(png, 'parameters', text) : png, options);
};

/** Starts drawing, and writes each picture when it is there; of several a contact sheet at the end. */
const drawAll = async (job: PictureJob, scope: Scope, emit: Listener): Promise<RunResult> => {
  const { options, output, workshop, opened, cells, columns, planned } = job;
  const clock = stageClock(emit);
  const ids = new Set(planned.pictures.map(({ node }) => node));
  const stages = stageHooks(
    clock,
    planned.plan.nodes.filter(({ id }) => ids.has(id)),
  );
  const denoising = denoisingEvents(emit, opened);
  const run = await scope.use(
    workshop.run(planned, planned.pictures, {
      ...stages,
      forced: forcedBy(options.force),
      onProgress: (node, done, total, look) => {
        stages.onProgress(node, done, total);
        denoising(node, done, look);
      },
    }),
  );
  const drawn: { label: string; picture: Picture }[] = [];
  for (const [i, cell] of cells.entries()) {
    const picture = await job.mixed(await run.value(planned.pictures[i]!));
    const file = cells.length === 1 ? output : cell.file;
    if (file !== undefined) await save(file, await pngBytes(picture), cell, job);
    drawn.push({ label: cell.label, picture: await inSheet(picture) });
  }
  await run.finished;
  const sheet = () => contactSheetPng(drawn, columns === undefined ? {} : { columns });
  if (cells.length > 1) await save(output, await sheet(), { ...cells[0]!, freeu: undefined }, job, cells.length);
  if (options.freeuSpectrum !== undefined) await drawSpectra(options.freeuSpectrum, { ...job, signal: scope.signal });
  const { seed } = cells[0]!;
  const row = { freeu: options.freeu, freeuRow: job.freeuChoice };
  return { kind: 'pictures', output, pictures: cells.length, ...row, seed, device: opened.device, seconds: clock.seconds() };
};

/** Draws pictures from a prompt. Pictures that are finished when it is aborted stay. */
export const generatePictures = async (settled: Settled, scope: Scope, emit: Listener): Promise<RunResult> => {
  const result = await drawAll(await preparePictures(settled, scope, emit), scope, emit);
  emit({ type: 'result', result });
  return result;
};
