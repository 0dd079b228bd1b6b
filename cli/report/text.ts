// The plan and the result in words.

import { freeuText } from '../../config/freeu.ts';
import { stylesText } from '../../config/two-styles.ts';
import type { Comparison, RunResult } from '../../pipeline/events.ts';
import type { ControlSummary, PlanSummary, StageSeconds, Work } from '../../pipeline/plan-summary.ts';
import type { EncodingSummary } from '../../pipeline/session/encoding.ts';
import { bytes, count, duration } from './format.ts';

const listed = (numbers: readonly number[], most = 12): string =>
  numbers.length <= most ? numbers.join(' ') : `${numbers.slice(0, most - 2).join(' ')} ... ${numbers.at(-1)}`;

/** One line for the picture, one for each other stream of the source. */
const encodingLines = ({ container, encoder, size, streams }: EncodingSummary): string[] => [
  `encoding   ${encoder} in ${container}, ${size.join('x')}`,
  ...streams.map(
    ({ stream, type, codec, what, encoder, why }) =>
      `stream ${String(stream).padEnd(3)} ${type}, ${codec}: ${what}${encoder ? ` as ${encoder}` : ''}${why ? ` (${why})` : ''}`,
  ),
];

/** @param cached artifacts of the stage that an earlier run made */
export const doneText = (seconds: number, cached?: number): string =>
  `done in ${duration(seconds)}${cached ? ` (${cached} kept from an earlier run)` : ''}`;

/** A ControlNet: `depth 0.8, steps 0-0.6, pictures depth/ (nets/depth)`. */
const controlText = ({ type, scale, start, end, guess, folder, pictures, annotator }: ControlSummary): string => {
  const parts = [
    `${type} ${scale}`,
    ...(start > 0 || end < 1 ? [`steps ${start}-${end}`] : []),
    ...(guess ? ['guessing'] : []),
    ...(pictures === undefined ? [] : [`pictures ${pictures}`]),
    ...(annotator === undefined ? [] : [`annotator ${annotator}`]),
  ];
  return `${parts.join(', ')} (${folder})`;
};

const found = (cached: number, total: number): string => {
  if (cached === 0) return '';
  return cached === total ? ' (all kept from an earlier run)' : ` (${cached} kept from an earlier run)`;
};

/** A number of operations: `32.1 TFLOP`. */
const flopText = (flop: number): string => (flop >= 1e11 ? `${(flop / 1e12).toFixed(1)} TFLOP` : `${(flop / 1e9).toFixed(1)} GFLOP`);

const workText = (work: Work, kind: PlanSummary['kind']): string => {
  const { unetCalls, unetCallsCached, unguidedCalls, shallowCalls, controlCalls, flop, propagated, propagatedCached } = work;
  const kinds = [
    ...(unguidedCalls ? [`${unguidedCalls} without guidance`] : []),
    ...(shallowCalls ? [`${shallowCalls} of its outer layers`] : []),
  ];
  const without = kinds.length > 0 ? ` (${kinds.join(', ')})` : '';
  return [
    `${count(unetCalls, 'U-Net call')}${without}${found(unetCallsCached, unetCalls)}`,
    ...(controlCalls > 0
      ? [`${count(controlCalls, 'ControlNet call')}${found(Math.round((controlCalls * unetCallsCached) / unetCalls), controlCalls)}`]
      : []),
    ...(flop === undefined ? [] : [flopText(flop)]),
    ...(kind === 'keyframes' ? [`${count(propagated, 'frame')} propagated${found(propagatedCached, propagated)}`] : []),
  ].join(', ');
};

const timeText = ({ start, draw, propagate, encode, total }: StageSeconds, kind: PlanSummary['kind']): string => {
  const drawn = kind === 'keyframes' ? `key frames ${duration(draw)}, propagation ${duration(propagate)}` : `windows ${duration(draw)}`;
  return `about ${duration(total)}: start ${duration(start)}, ${drawn}, encoding ${duration(encode)}`;
};

/** Without a ControlNet nothing but the strength keeps what is in the picture. */
const NO_CONTROL = 'control    none: --strength alone holds the source; name a ControlNet to keep its shapes (--control canny=PATH)';

const clipText = (plan: PlanSummary): string => {
  const frames = `${count(plan.frames, 'frame')}, ${duration(plan.duration)}`;
  return `${frames}, ${plan.sourceSize.join('x')}, drawn at ${plan.workingSize.join('x')}`;
};

/** A line about one of several clips. */
export const shortPlanText = (plan: PlanSummary): string => `${clipText(plan)}: ${workText(plan.work, plan.kind)}`;

/** The factors, whose they are, and further settings: `1.1,1.2,1,0.2 (Rerender's, for key frames with Stable Diffusion 1), 3:b=1.1`. */
const freeuLine = ({ freeu, freeuRow, freeuStages = [] }: PlanSummary): string =>
  [`${freeuText(freeu)} (${freeuRow.why})`, ...freeuStages].join(', ');

/** A few lines that say what a run will do. */
export const planText = (plan: PlanSummary): string => {
  const cuts = plan.shots.length > 1 ? `, cut at ${listed(plan.shots.slice(1).map(s => s.first))}` : '';
  const steps = `${plan.steps} steps of which ${plan.stepsRun} run at strength ${plan.strength}`;
  const lines = [
    `${plan.input}: ${clipText(plan)}`,
    `style      ${stylesText(plan)}${plan.negativePrompt ? `   (not: ${plan.negativePrompt})` : ''}`,
    ...(plan.only ? [`only       frames ${plan.only.map(range => range.join('-')).join(', ')}; the others stay as they are`] : []),
    ...(plan.mix === undefined ? [] : [`mix        ${plan.mix} of the style over the source`]),
    `shots      ${count(plan.shots.length, 'shot')}${cuts}`,
    plan.windows
      ? `windows    ${plan.windows.count} of ${count(plan.windows.length, 'frame')}, sharing ${plan.windows.overlap} with the one before`
      : `key frames ${plan.keyframes.length}: ${listed(plan.keyframes)}${plan.supplied ? `; yours ${listed(plan.supplied)}` : ''}`,
    `model      ${plan.model}, seed ${plan.seed}, ${steps}, guidance ${plan.cfgScale}`,
    `FreeU      ${freeuLine(plan)}`,
  ];
  if (plan.controls.length > 0) lines.push(`control    ${plan.controls.map(controlText).join(', ')}`);
  else if (plan.kind === 'keyframes') lines.push(NO_CONTROL);
  if (plan.adapters.length > 0) lines.push(`adapters   ${plan.adapters.join(', ')}`);
  lines.push(`device     ${[plan.device, ...plan.refused.map(({ device, reason }) => `${device} refused: ${reason}`)].join('; ')}`);
  lines.push(`work       ${workText(plan.work, plan.kind)}`);
  const { bank } = plan.work;
  if (bank) {
    const where = bank.onDisk > 0 ? `${bytes(bank.onDisk)} of it on disk only (--bank-memory)` : 'in memory';
    const what = `${bank.layers[0]} of ${count(bank.layers[1], 'layer')} in ${bank.precision}`;
    lines.push(`attention  ${what}: ${bytes(bank.each)} of each key frame, ${bank.atOnce} at once, ${where}`);
  }
  if (plan.work.memory !== undefined) lines.push(`memory     about ${bytes(plan.work.memory)}`);
  if (plan.work.seconds !== undefined) lines.push(`time       ${timeText(plan.work.seconds, plan.kind)}`);
  if (plan.encoding) lines.push(...encodingLines(plan.encoding));
  if (plan.output) lines.push(`output     ${plan.output}`);
  return lines.join('\n');
};

/** The last lines of a run. */
export const resultText = (result: RunResult | Comparison): string => {
  if (result.kind === 'comparison') return `${count(result.clips, 'clip')} compared in ${duration(result.seconds.total)}\n${result.output}`;
  const about = `in ${duration(result.seconds.total)}, seed ${result.seed}`;
  if (result.kind === 'pictures') {
    const { freeu, freeuRow: row } = result;
    const drawnWith = freeu && row ? `, FreeU ${freeuText(freeu)} (${row.why})` : '';
    return `${count(result.pictures, 'picture')} ${about}${drawnWith}\n${result.output}`;
  }
  const windows = result.kind === 'clip' ? result.windows : 0;
  const drawn = windows > 0 ? count(windows, 'window') : count(result.keyframes, 'key frame');
  const made = `${count(result.frames, 'frame')}, ${drawn} ${about}`;
  return result.output === undefined ? `${made}; stopped before the output` : `${made}\n${result.output}`;
};
