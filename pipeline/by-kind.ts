// The one place where the kind of a model decides what a run does: key frames and propagation, or windows of whole clips.
import { UsageError } from '../config/errors.ts';
import { modelKind } from '../models/model-kind.ts';
import type { RunResult } from './events.ts';
import { locateModel } from './locate-model.ts';
import type { PlanSummary } from './plan.ts';
import { optionsOf, type Request } from './request.ts';
import * as images from './run.ts';
import { planWindows, rerenderWindows } from './windows/run.ts';

const kindOfRun = async (request: Request) => modelKind(await locateModel((await optionsOf(request)).model));

/**
 * Re-renders a clip: the main job.
 * @returns what was made; `output` is absent when `stopAfter` ended the run before
 * @throws RerenderError with a stable `code` and `exitCode`; the signal's reason on abort. Nothing is left under the output's name then.
 */
export const rerender = async (request: Request): Promise<RunResult> =>
  (await kindOfRun(request)) === 'video' ? rerenderWindows(request) : images.rerender(request);

/** Says what {@link rerender} would do, without drawing anything but grey test frames to measure: `--dry-run`. */
export const planRun = async (request: Request): Promise<PlanSummary> =>
  (await kindOfRun(request)) === 'video' ? planWindows(request) : images.planRun(request);

/**
 * Draws only the key frames, as PNGs and a contact sheet.
 * @param request `output` is the folder; default `INPUT.keyframes`
 * @throws UsageError for a model of clips, which has none
 */
export const keyframes = async (request: Request): Promise<RunResult> => {
  if ((await kindOfRun(request)) === 'video') {
    throw new UsageError('This model draws whole clips and no key frames: run `rerender INPUT` with it, or name another --model.');
  }
  return images.keyframes(request);
};
