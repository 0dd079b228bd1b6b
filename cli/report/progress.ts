// How far each stage has come, its rate and what remains: shared by the terminal and the plain reporter.
import type { Event, StageName } from '../../pipeline/events.ts';
import { duration } from './format.ts';

export type Progress = {
  readonly stage: StageName;
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  readonly line: string;
};

export const STAGE_TITLES: Readonly<Record<StageName, string>> = {
  download: 'download',
  upload: 'upload',
  analyse: 'analyse',
  measure: 'measure',
  keyframes: 'key frames',
  propagate: 'propagate',
  windows: 'windows',
  pictures: 'pictures',
  encode: 'encode',
};

/** Follows progress events. Rates count only what this run did, not what it found finished. */
export const progressTracker = (now: () => number) => {
  const begun = new Map<StageName, { at: number; done: number }>();
  return (event: Extract<Event, { type: 'progress' }>): Progress => {
    const { stage, done, total, unit } = event;
    const start = (!event.kept && begun.get(stage)) || { at: now(), done };
    begun.set(stage, start);
    const seconds = now() - start.at;
    const rate = seconds > 0 && done > start.done ? (done - start.done) / seconds : 0;
    const parts = [`${done}/${total || '?'} ${unit}`];
    if (rate > 0) parts.push(rate >= 1 ? `${rate.toFixed(1)} ${unit}/s` : `${(1 / rate).toFixed(1)} s each`);
    if (rate > 0 && total > done) parts.push(`${duration((total - done) / rate)} left`);
    return { stage, done, total, unit, line: parts.join(', ') };
  };
};
