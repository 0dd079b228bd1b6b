// Several clips in words: where a run is, how each clip ended, what each would take.

import type { ClipOutcome, ClipPlace, ClipsResult } from '../../pipeline/events.ts';
import type { PlannedOutcome } from '../../pipeline/index.ts';
import { count, duration, table } from './format.ts';
import { planText } from './text.ts';

/** `clip 2 of 5`. */
export const placeText = ({ number, count: all }: ClipPlace): string => `clip ${number} of ${all}`;

const WHY = { earlier: 'finished by an earlier run of this command', exists: 'its result is there (--skip-existing)' } as const;

/** What became of a clip, in a few words. */
export const outcomeText = (outcome: ClipOutcome): string => {
  if (outcome.state === 'failed') return `failed: ${outcome.error.message}`;
  if (outcome.state === 'skipped') return `left alone: ${WHY[outcome.why]}`;
  return outcome.result.output ?? 'stopped before the output';
};

const framesOf = (outcome: ClipOutcome): string =>
  outcome.state === 'done' && outcome.result.kind === 'clip' ? String(outcome.result.frames) : '';

/** The last lines of a run over several clips: a row a clip, and how many ended how. */
export const summaryText = ({ clips, done, skipped, failed, seconds }: ClipsResult): string => {
  const rows = clips.map(clip => [clip.input, framesOf(clip), duration(clip.seconds)]);
  const lines = table(['clip', 'frames', 'time'], rows).split('\n');
  const ends = ['result', ...clips.map(outcomeText)];
  const parts = [`${done} done`, ...(skipped > 0 ? [`${skipped} left alone`] : []), ...(failed > 0 ? [`${failed} failed`] : [])];
  const total = `${count(clips.length, 'clip')} in ${duration(seconds)}: ${parts.join(', ')}`;
  return ['', ...lines.map((line, i) => `${line}  ${ends[i]}`), '', total].join('\n');
};

/** The plans of several clips, and what they take together. */
export const clipsPlanText = (plans: readonly PlannedOutcome[]): string => {
  const blocks = plans.map(outcome => {
    const head = placeText(outcome.clip);
    return 'plan' in outcome ? `${head}\n${planText(outcome.plan)}` : `${head}\n${outcome.input}: cannot be done: ${outcome.error.message}`;
  });
  const planned = plans.flatMap(outcome => ('plan' in outcome ? [outcome.plan] : []));
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
  const frames = sum(planned.map(plan => plan.frames));
  const seconds = sum(planned.map(({ work }) => work.seconds?.total ?? 0));
  const refused = plans.length - planned.length;
  const rest = refused > 0 ? `; ${refused} cannot be done` : '';
  return [...blocks, `${count(planned.length, 'clip')}, ${count(frames, 'frame')}, about ${duration(seconds)}${rest}`].join('\n\n');
};
