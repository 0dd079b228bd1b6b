// Drawing from a prompt: pictures or a clip, as the kind of the model decides.
import { UsageError } from '../../../config/errors.ts';
import type { Job } from '../../../config/jobs.ts';
import { type ModelKind, modelKind } from '../../../models/open/model-kind.ts';
import type { RunResult } from '../../events.ts';
import { locateModel } from '../../session/locate-model.ts';
import { checkRequest, layersOf, settledOf } from '../../session/request.ts';
import { withScope } from '../../session/scope.ts';
import { withWordsModel } from '../../session/words-model.ts';
import { STRATEGIES } from '../../strategies/strategy.ts';
import { withPngSettings } from './from-png.ts';
import { generatePictures } from './pictures.ts';
import type { GenerateRequest } from './request.ts';
import { generateClip } from './video.ts';

const JOBS = {
  picture: { job: 'pictures', draw: generatePictures },
  clip: { job: 'clips', draw: generateClip },
} as const satisfies Record<string, { readonly job: Job; readonly draw: unknown }>;

/** @param only refuses models of another kind */
const generateWith = (request: GenerateRequest, only?: ModelKind): Promise<RunResult> =>
  withScope(request.signal, async scope => {
    const { onEvent, signal } = request;
    const layers = withWordsModel(layersOf({ ...request, input: '' }));
    const drawing = await withPngSettings({ input: '', onEvent, signal, layers });
    const settled = await settledOf(drawing, 'prompt');
    const folder = await locateModel(settled.options);
    const kind = await modelKind(folder);
    if (only && kind !== only) {
      throw new UsageError(
        `The model ${folder} draws pictures, not clips: name one with UNet3DConditionModel, such as ModelScope's, with --model.`,
      );
    }
    const { job, draw } = JOBS[STRATEGIES[kind].prompt];
    checkRequest(drawing, job);
    return draw(settled, scope, onEvent ?? (() => undefined));
  });

/**
 * Draws from a prompt (`style`): pictures, or with a video model a clip (see `generateVideo`).
 *
 * `output` (default `picture.png`) is the picture; with `seeds`, `count` or `freeuSweep` it is a contact sheet, and each seed's picture
 * lies beside it as `NAME-SEED.png`. Sides are `width` and `height`, else `size`, multiples of the model's factor. `fromPng` names a
 * picture whose text holds settings. Without `model` an embedded one draws: rerender-words, or rerender-mini where `init`, `controlImage`
 * or `control` say what to draw over. The same request gives the same bytes, on one kind of device.
 * @throws RerenderError with a stable `code` and `exitCode`; the signal's reason on abort. Whole files stay then, no half ones.
 */
export const generate = (request: GenerateRequest): Promise<RunResult> => generateWith(request);

/**
 * Draws a clip from a prompt with a video model (ModelScope text-to-video).
 *
 * `frames` (default 16) are drawn together, at `width` x `height` (default `size`, 256, squared; multiples of the model's factor), and
 * shown `fps` a second (default 8). `output` names a container by its ending (.mp4 .webm .gif ...), or a folder for PNGs; default
 * `clip.mp4`. The same request gives the same bytes, on one kind of device.
 * @throws RerenderError with a stable `code` and `exitCode`; the signal's reason on abort. No clip is left under the output's name then.
 */
export const generateVideo = (request: GenerateRequest): Promise<RunResult> => generateWith(request, 'video');
