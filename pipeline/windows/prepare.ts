// Everything a run over windows knows before it draws: settled options, the opened clip and model, shots, windows.
import { setMaxListeners } from 'node:events';
import type { Options } from '../../config/options.ts';
import type { EncodePlan } from '../../media/encode-plan.ts';
import { checkInputFile } from '../../media/input-file.ts';
import { shotsOf } from '../../stages/shots/keyframes.ts';
import { type Window, windowsOf } from '../../stages/windows/windows.ts';
import { type Analysis, analyse } from '../analyse.ts';
import { planEncoding } from '../encoding.ts';
import type { Listener } from '../events.ts';
import { locateModel } from '../locate-model.ts';
import { checkOutput, defaultOutput } from '../output.ts';
import type { Shot } from '../plan.ts';
import { optionsOf, type Request, withStyle } from '../request.ts';
import { type StageClock, stageClock } from '../run-times.ts';
import { type BackgroundTasks, backgroundTasks, type Scope } from '../scope.ts';
import { openSource, type Source } from '../source.ts';
import { openWorkDir, type WorkDir } from '../work-dir.ts';
import { type ClipPainter, openClipPainter } from './clip-painter.ts';

export type PreparedWindows = {
  readonly options: Options & { readonly style: string };
  readonly input: string;
  readonly output: string;
  readonly encoding: EncodePlan;
  readonly painter: ClipPainter;
  readonly source: Source;
  readonly analysis: Analysis;
  readonly shots: readonly Shot[];
  readonly windows: readonly Window[];
  readonly work: WorkDir;
  /** What runs beside the job; the work folder stays open until it has settled. */
  readonly tasks: BackgroundTasks;
  readonly clock: StageClock;
  readonly emit: Listener;
  readonly signal: AbortSignal;
};

/** Settles, opens and analyses; what it opens, the scope closes. */
export const prepareWindows = async (request: Request, scope: Scope): Promise<PreparedWindows> => {
  const emit = request.onEvent ?? (() => undefined);
  const { signal } = scope;
  setMaxListeners(0, signal);
  const warn = (message: string): void => emit({ type: 'warning', message });
  const options = withStyle(await optionsOf(request));
  const { input } = request;
  await checkInputFile(input); // before models and controls are opened
  const source = await openSource(input, options, { signal, warn });
  const output = options.output ?? defaultOutput(input);
  await checkOutput(output, input, options.overwrite);
  const encoding = await planEncoding(output, options, source, { signal, warn });
  const work = await scope.use(openWorkDir(options, warn));
  const tasks = await scope.use(backgroundTasks());
  const painter = await scope.use(openClipPainter({ options, model: await locateModel(options.model), emit }));
  const clock = stageClock(emit);
  const analysis = await analyse(source, work.store, { clock, signal, force: options.force === 'shots' });
  const shots = shotsOf(analysis.times.length, analysis.cuts);
  const windows = windowsOf(shots, { length: options.window, overlap: options.windowOverlap });
  return { options, input, output, encoding, painter, source, analysis, shots, windows, work, tasks, clock, emit, signal };
};
