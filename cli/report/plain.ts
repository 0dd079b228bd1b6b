// Plain lines for logs and pipes: one when a stage begins and ends, and at most one every few seconds between.
import type { Event } from '../../pipeline/events.ts';
import { outcomeText, placeText, summaryText } from './clips-text.ts';
import { progressTracker, STAGE_TITLES } from './progress.ts';
import type { Reporter } from './reporter.ts';
import { doneText, planText, resultText, shortPlanText } from './text.ts';

const SECONDS_BETWEEN_LINES = 5;

export const plainReporter = (write: (text: string) => void, quiet: boolean): Reporter => {
  const start = performance.now();
  const now = () => (performance.now() - start) / 1000;
  let track = progressTracker(now);
  const last = new Map<string, number>();
  const begun = new Map<string, number>();
  const loudLine = (event: Event): string | undefined => {
    const { clip } = event;
    switch (event.type) {
      case 'plan':
        return clip ? shortPlanText(event.plan) : planText(event.plan);
      case 'stage':
        if (event.state === 'start') {
          begun.set(event.stage, now());
          return undefined;
        }
        return `${STAGE_TITLES[event.stage]}: ${doneText(now() - (begun.get(event.stage) ?? now()), event.cached)}`;
      case 'progress': {
        const progress = track(event);
        if (progress.done === progress.total || now() - (last.get(event.stage) ?? now() - SECONDS_BETWEEN_LINES) < SECONDS_BETWEEN_LINES)
          return undefined;
        last.set(event.stage, now());
        return `${clip ? `${placeText(clip)}, ` : ''}${STAGE_TITLES[event.stage]}: ${progress.line}`;
      }
      case 'preview':
        return event.file ? `key frame ${event.frame}: ${event.file}` : undefined;
      case 'result':
        return resultText(event.result);
      case 'clip':
        if (event.state === 'start') {
          track = progressTracker(now);
          last.clear();
          return `${clip ? placeText(clip) : 'clip'}: ${event.input}`;
        }
        return event.state === 'done' ? undefined : outcomeText(event); // its result is on the screen
      case 'summary':
        return summaryText(event);
    }
  };
  const lineOf = (event: Event): string | undefined => {
    if (event.type === 'warning') return `warning: ${event.message}`;
    if (!quiet) return loudLine(event);
    return event.type === 'clip' && event.state === 'failed' ? `${event.input} ${outcomeText(event)}` : undefined;
  };
  return {
    listen: event => {
      const line = lineOf(event);
      if (line !== undefined) write(`${line}\n`);
    },
    end: failure => failure && write(`rerender: ${failure.message}\n`),
  };
};
