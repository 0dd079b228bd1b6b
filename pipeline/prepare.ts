// Everything a run knows before it draws: settled options, the opened clip, shots, key frames, intervals.
import { setMaxListeners } from 'node:events';
import { parseAnchor } from '../config/anchor.ts';
import type { Options } from '../config/options.ts';
import type { EncodePlan } from '../media/encode-plan.ts';
import { checkInputFile } from '../media/input-file.ts';
import { type Role, rolesOf } from '../stages/keyframes/roles.ts';
import { isLinked } from '../stages/keyframes/work.ts';
import { shotsOf } from '../stages/shots/keyframes.ts';
import { type Analysis, analyse, keyframesOf } from './analyse.ts';
import { checkControlPictures } from './control-pictures.ts';
import { type Controls, resolveControls } from './controls.ts';
import { planEncoding } from './encoding.ts';
import type { Listener } from './events.ts';
import { locateModel } from './locate-model.ts';
import { checkOutput, defaultOutput } from './output.ts';
import { openPainter, type Painter } from './painter.ts';
import { type Interval, intervalsOf, type Shot } from './plan.ts';
import { optionsOf, type Request, withStyle } from './request.ts';
import { type StageClock, stageClock } from './run-times.ts';
import { type BackgroundTasks, backgroundTasks, type Scope } from './scope.ts';
import { openSource, type Source } from './source.ts';
import { openWorkDir, type WorkDir } from './work-dir.ts';

export type Prepared = {
  readonly options: Options & { readonly style: string };
  readonly input: string;
  /** The file that the main job writes. */
  readonly output: string;
  /** Absent where no file is written. */
  readonly encoding: EncodePlan | undefined;
  readonly model: string;
  readonly controls: Controls;
  readonly painter: Painter;
  readonly source: Source;
  readonly analysis: Analysis;
  readonly shots: readonly Shot[];
  readonly keyframes: readonly number[];
  /** One for each key frame, in order. */
  readonly roles: readonly Role[];
  readonly intervals: readonly Interval[];
  readonly work: WorkDir;
  /** What runs beside the job; the work folder stays open until it has settled. */
  readonly tasks: BackgroundTasks;
  readonly clock: StageClock;
  readonly emit: Listener;
  readonly signal: AbortSignal;
};

/**
 * Settles, opens and analyses; what it opens, the scope closes.
 * @param writesFile whether the run writes a video, whose place is then checked first
 */
export const prepare = async (request: Request, writesFile: boolean, scope: Scope): Promise<Prepared> => {
  const emit = request.onEvent ?? (() => undefined);
  const { signal } = scope;
  setMaxListeners(0, signal); // every frame's work listens to it
  const warn = (message: string): void => emit({ type: 'warning', message });
  const options = withStyle(await optionsOf(request));
  const { input } = request;
  await checkInputFile(input); // before models and controls are opened
  const model = await locateModel(options.model);
  const controls = await resolveControls(options, model, signal);
  const source = await openSource(input, options, { signal, warn });
  const output = options.output ?? defaultOutput(input);
  if (writesFile) await checkOutput(output, input, options.overwrite);
  const encoding = writesFile ? await planEncoding(output, options, source, { signal, warn }) : undefined;
  const work = await scope.use(openWorkDir(options, warn));
  const tasks = await scope.use(backgroundTasks());
  const painter = await scope.use(openPainter({ options, model, controls, emit })); // before the analysis: what is wrong with the model is told at once
  const clock = stageClock(emit);
  const analysis = await analyse(source, work.store, { clock, signal, force: options.force === 'shots' });
  checkControlPictures(
    controls.flatMap(({ pictures }) => (pictures ? [pictures] : [])),
    analysis.times.length,
  );
  const shots = shotsOf(analysis.times.length, analysis.cuts);
  const keyframes = keyframesOf(shots, analysis, options);
  const roles = isLinked(painter.plan)
    ? rolesOf(shots, keyframes, { refresh: parseAnchor(options.anchor), update: options.styleUpdateFreq })
    : keyframes.map(frame => ({ frame }));
  const plan = { shots, keyframes, roles, intervals: intervalsOf(shots, keyframes) };
  return { options, input, output, encoding, model, controls, painter, source, analysis, ...plan, work, tasks, clock, emit, signal };
};
