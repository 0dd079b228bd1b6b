// `--report`: one HTML file beside the result that says and shows how it was made.
import { basename } from 'node:path';
import { commandOf } from '../../../config/command.ts';
import { OPTION_NAMES, type Settled } from '../../../config/layers.ts';
import type { OptionSpec } from '../../../config/option.ts';
import { OPTIONS } from '../../../config/options.ts';
import { isAskedFor, originText } from '../../../config/origin.ts';
import { longFlag } from '../../../config/parse.ts';
import { packageVersion } from '../../../config/paths.ts';
import { stylesText } from '../../../config/two-styles.ts';
import { readBy } from '../../../config/unread.ts';
import { valueText } from '../../../config/value-text.ts';
import { writeWhole } from '../../../media/whole-file.ts';
import { type Request, settledOf } from '../../session/request.ts';
import { againShares } from '../../strategies/passes.ts';
import { chosenAnchors, seedsOf } from '../../strategies/places.ts';
import { type ClipJob, JOBS } from '../clip-job.ts';
import { metricsOf } from '../metrics/metrics.ts';
import { metricsPlot } from '../metrics/plot.ts';
import { verdictText } from '../metrics/verdict-text.ts';
import { planDrawing } from '../plan-drawing.ts';
import { type ReportParts, type Row, reportHtml } from './html.ts';
import { keyPictures, pairsOf } from './pictures.ts';

const MOST_NODES = 800; // of a plan that is drawn: a browser is slow with more

/** Where the report of a result goes. */
export const reportFile = (output: string): string => `${output}.html`;

/** The options of the run, those that somebody asked for apart from the rest. */
const settingsOf = ({ planned }: ClipJob, { options, origins }: Settled): Pick<ReportParts, 'asked' | 'others'> => {
  const names = readBy(JOBS[planned.strategy]).filter(name => OPTION_NAMES.includes(name));
  const rows = names.map(name => {
    const spec: OptionSpec = OPTIONS[name];
    const value = valueText(spec, options[name]) || (spec.without ?? '-');
    return { asked: isAskedFor(origins[name]), row: [longFlag(spec), `${value} (${originText(origins[name])})`] as Row };
  });
  const of = (asked: boolean): Row[] => rows.filter(one => one.asked === asked).map(({ row }) => row);
  return { asked: of(true), others: of(false) };
};

/** What is to be known of key frames beside their pictures. */
const notesOf = ({ planned, survey }: ClipJob): ((frame: number) => string) => {
  const { options, shots, keyframes } = planned;
  const [seeds, chosen] = [seedsOf(options, survey), chosenAnchors(options, survey, shots)];
  const supplied = new Set(keyframes.flatMap(key => (key.supplied ? [key.frame] : [])));
  return frame =>
    [
      chosen.includes(frame) ? 'chosen as anchor' : '',
      supplied.has(frame) ? 'supplied' : '',
      seeds.has(frame) && !supplied.has(frame) ? `seed ${seeds.get(frame)}` : '',
    ]
      .filter(Boolean)
      .join(', ');
};

const versionsOf = ({ opened, session: { source } }: ClipJob): Row[] => [
  ['rerender', packageVersion()],
  ['Node.js', process.versions.node],
  ['ffmpeg', source.ffmpeg.ffmpeg.version],
  ['model', basename(opened.model.info.folder)],
  ...opened.model.info.adapters.map((adapter): Row => ['adapter', JSON.stringify(adapter)]),
  ['device', opened.device],
  ['source', `${basename(source.info.path)}, ${source.info.width}x${source.info.height}, SHA-256 ${source.identity.digest}`],
];

const factsOf = ({ options, planned, survey, session: { source }, clock }: ClipJob): string[] => {
  const { width, height } = source.size;
  const drawn = planned.keyframes.length > 0 ? `${planned.keyframes.length} key frames` : 'every frame drawn';
  const minutes = clock.seconds().total / 60;
  const took = minutes < 1.5 ? `${Math.round(minutes * 60)} s` : `${minutes.toFixed(1)} min`;
  const shots = planned.shots.length === 1 ? 'one shot' : `${planned.shots.length} shots`;
  return [
    stylesText({ ...options, ...againShares(options) }),
    `${survey.times.length} frames in ${shots}, ${drawn} at ${width}x${height}, seed ${options.seed}, made in ${took}`,
  ];
};

/**
 * Measures the result, and writes its report.
 * @returns where it lies
 * @throws UsageError when a file stands there that may not be replaced
 */
export const writeReport = async (job: ClipJob, request: Request): Promise<string> => {
  const { options, input, output, planned, scope, emit } = job;
  const file = reportFile(output);
  const settled = { ...(await settledOf(request)), options }; // a random seed is drawn once
  const measured = await metricsOf({ input, output }, options, {
    scope,
    emit: event => ('stage' in event && event.stage === 'measure' ? emit(event) : undefined),
  });
  const keyframes = await keyPictures(job, notesOf(job));
  const parts: ReportParts = {
    title: basename(output),
    facts: factsOf(job),
    command: commandOf(input, output, settled),
    pairs: await pairsOf(job),
    keyframes,
    keyframeCount: planned.keyframes.length,
    verdicts: verdictText(measured).split('\n'),
    plot: metricsPlot({ ...measured, source: basename(input), output: basename(output) }),
    plan: planned.plan.nodes.length <= MOST_NODES ? planDrawing(planned.plan) : undefined,
    ...settingsOf(job, settled),
    versions: versionsOf(job),
  };
  await writeWhole(file, reportHtml(parts), { overwrite: options.overwrite });
  return file;
};
