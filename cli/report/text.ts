// The plan and the result in words.
import type { EncodingSummary } from '../../pipeline/session/encoding.ts';
import type { RunResult } from '../../pipeline/jobs/events.ts';
import type { PlanSummary } from '../../pipeline/plan.ts';
import { bytes, count, duration } from './format.ts';

const listed = (numbers: readonly number[], most = 12): string =>
  numbers.length <= most ? numbers.join(' ') : `${numbers.slice(0, most - 2).join(' ')} ... ${numbers.at(-1)}`;

/** One line for the picture, one for each other stream of the source. */
const encodingLines = ({ container, encoder, size, streams }: EncodingSummary): string[] => [
  `encoding   ${encoder} in ${container}, ${size.join('x')}`,
  ...streams.map(
    ({ stream, type, codec, what, why }) => `stream ${String(stream).padEnd(3)} ${type}, ${codec}: ${what}${why ? ` (${why})` : ''}`,
  ),
];

/** @param cached artifacts of the stage that an earlier run made */
export const doneText = (seconds: number, cached?: number): string =>
  `done in ${duration(seconds)}${cached ? ` (${cached} kept from an earlier run)` : ''}`;

/** A few lines that say what a run will do. */
export const planText = (plan: PlanSummary): string => {
  const frames = `${count(plan.frames, 'frame')}, ${duration(plan.duration)}`;
  const cuts = plan.shots.length > 1 ? `, cut at ${listed(plan.shots.slice(1).map(s => s.first))}` : '';
  const steps = `${plan.steps} steps of which ${plan.stepsRun} run at strength ${plan.strength}`;
  const lines = [
    `${plan.input}: ${frames}, ${plan.sourceSize.join('x')}, drawn at ${plan.workingSize.join('x')}`,
    `style      ${plan.style}${plan.negativePrompt ? `   (not: ${plan.negativePrompt})` : ''}`,
    `shots      ${count(plan.shots.length, 'shot')}${cuts}`,
    plan.windows
      ? `windows    ${plan.windows.count} of ${count(plan.windows.length, 'frame')}, sharing ${plan.windows.overlap} with the one before`
      : `key frames ${plan.keyframes.length}: ${listed(plan.keyframes)}`,
    `model      ${plan.model}, seed ${plan.seed}, ${steps}, guidance ${plan.cfgScale}, FreeU ${plan.freeu}`,
  ];
  if (plan.controls.length > 0) lines.push(`control    ${plan.controls.join(', ')}`);
  if (plan.adapters.length > 0) lines.push(`adapters   ${plan.adapters.join(', ')}`);
  if (plan.device) lines.push(`device     ${plan.device}`);
  const { unetCalls, controlCalls } = plan.work;
  const control = controlCalls ? `, ${count(controlCalls, 'ControlNet call')}` : '';
  const propagated = plan.windows ? '' : `, ${count(plan.work.propagated, 'frame')} propagated`;
  lines.push(`work       ${count(unetCalls, 'U-Net call')}${control}${propagated}`);
  const { bank } = plan.work;
  if (bank) {
    const where = bank.onDisk > 0 ? `${bytes(bank.onDisk)} of it on disk only (--bank-memory)` : 'in memory';
    lines.push(`attention  ${bytes(bank.each)} kept of each key frame, ${bank.atOnce} at once, ${where}`);
  }
  if (plan.work.memory !== undefined) lines.push(`memory     about ${bytes(plan.work.memory)}`);
  if (plan.work.seconds !== undefined) lines.push(`time       about ${duration(plan.work.seconds)}`);
  if (plan.encoding) lines.push(...encodingLines(plan.encoding));
  if (plan.output) lines.push(`output     ${plan.output}`);
  return lines.join('\n');
};

/** The last lines of a run. */
export const resultText = (result: RunResult): string => {
  if (result.pictures !== undefined && result.output)
    return `${count(result.pictures, 'picture')} in ${duration(result.seconds.total)}, seed ${result.seed}\n${result.output}`;
  const drawn = result.windows === undefined ? count(result.keyframes, 'key frame') : count(result.windows, 'window');
  const made = `${count(result.frames, 'frame')}, ${drawn} in ${duration(result.seconds.total)}, seed ${result.seed}`;
  return result.output ? `${made}\n${result.output}` : `${made}; stopped before the output`;
};
