// The one place where the kind of a model decides what a run does: key frames and propagation, or windows of whole clips.
import { UsageError } from '../config/errors.ts';
import { modelKind } from '../models/open/model-kind.ts';
import type { RunResult } from './events.ts';
import { generatePictures } from './generate/pictures.ts';
import type { GenerateRequest } from './generate/request.ts';
import { generateVideo } from './generate/video.ts';
import { locateModel } from './locate-model.ts';
import type { PlanSummary } from './plan.ts';
import { checkRequest, optionsOf, type Request } from './request.ts';
import * as images from './run.ts';
import { planWindows, rerenderWindows } from './windows/run.ts';

const kindOfRun = async (request: Request) => modelKind(await locateModel((await optionsOf(request)).model));

/** The kind of model that does the main job. @throws UsageError for options that the job has no use for with that kind */
const kindOfMain = async (request: Request) => {
  const kind = await kindOfRun(request);
  checkRequest(request, kind === 'video' ? 'windows' : 'rerender');
  return kind;
};

/**
 * Re-renders a clip: the main job.
 * @returns what was made; `output` is absent when `stopAfter` ended the run before
 * @throws RerenderError with a stable `code` and `exitCode`; the signal's reason on abort. Nothing is left under the output's name then.
 */
export const rerender = async (request: Request): Promise<RunResult> =>
  (await kindOfMain(request)) === 'video' ? rerenderWindows(request) : images.rerender(request);

/** Says what {@link rerender} would do, without drawing anything but grey test frames to measure: `--dry-run`. */
export const planRun = async (request: Request): Promise<PlanSummary> =>
  (await kindOfMain(request)) === 'video' ? planWindows(request) : images.planRun(request);

/**
 * Draws only the key frames, as PNGs and a contact sheet.
 * @param request `output` is the folder; default `INPUT.keyframes`
 * @throws UsageError for a video model, which has none
 */
export const keyframes = async (request: Request): Promise<RunResult> => {
  if ((await kindOfRun(request)) === 'video') {
    throw new UsageError('This model draws whole clips and no key frames: run `rerender INPUT` with it, or name another --model.');
  }
  checkRequest(request, 'keyframes');
  return images.keyframes(request);
};

/**
 * Draws from a prompt (`style`): pictures, or with a video model a clip (see `generateVideo`).
 *
 * `output` (default `picture.png`) is the picture; with `seeds`, `count` or `freeuSweep` it is a contact sheet, and each seed's picture lies
 * beside it as `NAME-SEED.png`. Sides are `width` and `height`, else `size`, multiples of the model's factor.
 * The same request gives the same bytes, on one kind of device.
 * @throws RerenderError with a stable `code` and `exitCode`; the signal's reason on abort. Whole files stay then, no half ones.
 */
export const generate = async (request: GenerateRequest): Promise<RunResult> => {
  const drawing = { ...request, input: '' };
  if ((await kindOfRun(drawing)) === 'video') return generateVideo(request);
  checkRequest(drawing, 'pictures');
  return generatePictures(request);
};
