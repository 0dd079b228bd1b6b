// Runs the plan of a clip: tells its progress, shows key frames as they are drawn, and feeds the encoder in order.
import type { Picture } from '../../media/frame.ts';
import { blendPictures } from '../../stages/pictures/blend.ts';
import { stepOf } from '../graph/key.ts';
import type { PlanNode } from '../graph/plan.ts';
import type { NodeRef } from '../graph/ref.ts';
import { frameReader } from '../session/frame-reader.ts';
import { resultFrames } from '../session/result-frames.ts';
import type { Run, RunHooks } from '../session/workshop.ts';
import { STEPS } from '../steps/table.ts';
import { isBlended } from '../strategies/weights.ts';
import type { ClipJob } from './clip-job.ts';
import { denoisingEvents } from './denoising.ts';
import { openResult } from './open-result.ts';
import type { Previews } from './previews.ts';
import { forcedBy, isWithin, stageHooks } from './progress.ts';

/** What a job wants of a plan, in order: key frames or windows, and the parts of the result. */
const wantedOf = ({ planned }: ClipJob, stopAfter: ClipJob['options']['stopAfter']): NodeRef[] => {
  const windows = planned.plan.nodes.filter(({ step }) => step === 'window').map(({ id }) => ({ node: id, output: 'latents' }));
  const pictures = [...planned.keyframes.map(({ picture }) => picture), ...planned.parts.map(({ pictures }) => pictures)];
  const refs: readonly NodeRef[] = [...windows, ...pictures];
  const nodes = new Map(planned.plan.nodes.map(node => [node.id, node]));
  const order = new Map(planned.plan.nodes.map(({ id }, i) => [id, i]));
  const within = refs.filter(({ node }) => stopAfter === undefined || isWithin(stepOf(STEPS, nodes.get(node)!), stopAfter));
  return within.sort((a, b) => order.get(a.node)! - order.get(b.node)!);
};

/** Lays key frames over their sources, as `mix` has it. */
export const mixer = ({ planned, session: { source }, options: { mix } }: Pick<ClipJob, 'planned' | 'session' | 'options'>) => {
  const frames = planned.keyframes.map(({ frame }) => frame);
  const sources = frameReader(() => source.frames(source.size, { only: frames, purpose: 'the key frames' }));
  return {
    mixed: async (frame: number, drawn: Picture): Promise<Picture> =>
      mix === 1 ? drawn : blendPictures(drawn, (await sources.range(frame, frame))[0]!, mix),
    close: sources.close,
  };
};

/** Shows every key frame, drawn or found, as it is in the result. */
const previewHook = (
  { planned, emit }: ClipJob,
  previews: Previews,
  { mixed }: ReturnType<typeof mixer>,
): NonNullable<RunHooks['onDone']> => {
  const frames = new Map(planned.keyframes.map(({ frame, picture }) => [picture.node, { frame, output: picture.output }]));
  return async (node, _found, read) => {
    const drawn = frames.get(node.id);
    if (!drawn) return;
    const picture = async (): Promise<Picture> => mixed(drawn.frame, (await read(drawn.output)) as Picture);
    const file = await previews.keyframe(drawn.frame, picture);
    emit({ type: 'preview', frame: drawn.frame, ...(file !== undefined && { file }), picture });
  };
};

/** Starts making what the job wants; the job's scope stops it. */
export const startClip = async (job: ClipJob, previews: Previews, stopAfter: ClipJob['options']['stopAfter']): Promise<Run> => {
  const { planned, session, clock, options, scope } = job;
  const wanted = wantedOf(job, stopAfter);
  const ids = new Set(wanted.map(({ node }) => node));
  const forced = forcedBy(options.force);
  const { nodes: toRun } = await session.workshop.demand(planned, wanted, forced);
  // What is drawn on the way counts as drawing: colours of shots, what the user's pictures leave for others, windows.
  const onTheWay = (node: PlanNode): boolean => toRun.has(node) || ['colours', 'window'].includes(node.step);
  const counted = planned.plan.nodes.filter((node): node is PlanNode => ids.has(node.id) || onTheWay(node));
  const stages = stageHooks(clock, counted);
  const preview = previewHook(job, previews, await scope.use(mixer(job)));
  const denoising = denoisingEvents(job.emit, job.opened);
  return scope.use(
    session.workshop.run(planned, wanted, {
      forced,
      watched: new Set(counted),
      onStart: stages.onStart,
      onProgress: (node, done, total, look) => {
        stages.onProgress(node, done, total);
        denoising(node, done, look);
      },
      onDone: async (node, found, read) => {
        await preview(node, found, read);
        await stages.onDone(node, found, read);
      },
    }),
  );
};

/** What encoding a clip needs of its job. */
export type EncodeJob = Pick<ClipJob, 'planned' | 'survey' | 'session' | 'clock' | 'emit' | 'scope' | 'options' | 'encoding' | 'output'>;

/** Gives a drawn part when it is there, and what the parts are made by. */
type Drawn = Pick<Run, 'value'> & Partial<Pick<Run, 'finished' | 'release'>>;

/**
 * Feeds every frame to the encoder, in order, as the parts become ready.
 * @param start begins to make the parts, once the encoder is open
 */
export const encodeParts = async (job: EncodeJob, start: () => Promise<Drawn>, tags: Readonly<Record<string, string>>): Promise<void> => {
  const { planned, survey, session, clock, emit, scope, options, encoding } = job;
  const blended = isBlended(options, planned.only);
  const size = blended && encoding ? encoding.size : session.source.size;
  const encoder = await openResult(
    { ...job, source: session.source, size, signal: scope.signal, warn: message => emit({ type: 'warning', message }) },
    tags,
  );
  try {
    const run = await start();
    let written = 0;
    for await (const picture of resultFrames({ planned, source: session.source, times: survey.times, value: run.value, size })) {
      scope.signal.throwIfAborted();
      if (written === 0) clock.start('encode');
      await encoder.write({ ...picture, index: written, time: survey.times[written]! });
      clock.progress('encode', ++written, survey.times.length, 'frames');
    }
    await run.finished;
    await encoder.finish();
    clock.done('encode');
    // Key frames and latents are dear and small; the frames of the result are cheap and large, and stay where there is room for them.
    await run.release?.(planned.parts.map(({ pictures }) => pictures));
  } catch (error) {
    await encoder.abort();
    throw error;
  }
};

/** Makes what is missing of a clip, and encodes it. */
export const encodeClip = (job: ClipJob, previews: Previews, tags: Readonly<Record<string, string>>): Promise<void> =>
  encodeParts(job, () => startClip(job, previews, undefined), tags);
