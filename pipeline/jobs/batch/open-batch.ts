// What several clips share: their options, their places, the models.
import { extname } from 'node:path';
import { UsageError } from '../../../config/errors.ts';
import { modelKind } from '../../../models/open/model-kind.ts';
import type { ClipPlace, Event } from '../../events.ts';
import { locateModel } from '../../session/locate-model.ts';
import { isFolderPath, makeFolder } from '../../session/output.ts';
import { checkRequest, optionsOf, type Request, withStyle } from '../../session/request.ts';
import type { Scope } from '../../session/scope.ts';
import { refuseWordsModel } from '../../session/words-model.ts';
import { openShared, type Shared } from '../../session/workshop.ts';
import { type DrawingOptions, STRATEGIES } from '../../strategies/strategy.ts';
import { JOBS } from '../clip-job.ts';
import { findInputs, isVideoName } from './inputs.ts';
import { outputsFor } from './names.ts';
import type { ClipsRequest } from './request.ts';

/** One of several clips. */
export type BatchClip = {
  readonly place: ClipPlace;
  /** As for a run of its own; its events carry the place. */
  readonly request: Request;
  readonly output: string;
};

export type Batch = {
  readonly options: DrawingOptions;
  readonly clips: readonly BatchClip[];
  /** By all clips. */
  readonly shared: Shared;
  /** The folder of the results, if they have one. */
  readonly folder: string | undefined;
};

const folderOf = async (named: string | undefined): Promise<string | undefined> => {
  if (named === undefined || (await isFolderPath(named)) || extname(named) === '' || !isVideoName(named)) return named;
  throw new UsageError(`The output ${named} is a file, and several clips need a folder: give one, such as -o results/.`);
};

/**
 * Finds the clips and names their results. What is wrong with the options is told before any clip is opened.
 * @param dry no folder is made
 * @throws UsageError for options and an output that is a file, MediaError where there is no clip
 */
export const openBatch = async (request: ClipsRequest, scope: Scope, { dry }: { readonly dry: boolean }): Promise<Batch> => {
  const { inputs, recursive = false, skipExisting: _, ...common } = request;
  const emit = request.onEvent ?? (() => undefined);
  let current: ClipPlace | undefined;
  const warn = (message: string): void => emit({ type: 'warning', message, ...(current && { clip: current }) });
  if (inputs.length === 0) throw new UsageError('No input: name clips, folders or patterns in `inputs`.');
  const options = withStyle(await optionsOf({ ...common, input: '' }));
  const model = await locateModel(options);
  refuseWordsModel(model);
  const kind = await modelKind(model);
  checkRequest({ ...common, input: '' }, JOBS[STRATEGIES[kind].clip]);
  const folder = await folderOf(options.output);
  const found = await findInputs(inputs, { recursive, output: folder, warn });
  if (folder !== undefined && !dry) await makeFolder(folder);
  const outputs = await outputsFor(found, folder);
  const clips = found.map((input, i): BatchClip => {
    const place = { number: i + 1, count: found.length };
    const onEvent = (event: Event): void => {
      current = place;
      emit({ ...event, clip: place });
    };
    return { place, output: outputs[i]!, request: { ...common, input, output: outputs[i]!, onEvent, signal: scope.signal } };
  });
  return { options, clips, shared: await openShared(scope, warn), folder };
};
