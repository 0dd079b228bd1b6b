// A redrawn block on a terminal: one bar a stage, with rate and time left.
import type { WriteStream } from 'node:tty';
import type { StageName } from '../../pipeline/events.ts';
import { outcomeText, placeText, summaryText } from './clips-text.ts';
import { type Progress, progressTracker, STAGE_TITLES } from './progress.ts';
import type { Reporter } from './reporter.ts';
import { doneText, planText, resultText, shortPlanText } from './text.ts';

const BAR = 24; // characters
const REDRAW_SECONDS = 0.1;

const bar = ({ done, total }: Progress): string => {
  const filled = total > 0 ? Math.round((BAR * done) / total) : 0;
  return `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)}`;
};

export const terminalReporter = (out: WriteStream): Reporter => {
  const start = performance.now();
  const now = () => (performance.now() - start) / 1000;
  let track = progressTracker(now);
  let place = '';
  const bars = new Map<StageName, string>();
  const begun = new Map<StageName, number>();
  let drawnLines = 0;
  let drawnAt = -1;

  const erase = (): void => {
    if (drawnLines > 0) out.write(`\u001b[${drawnLines}A\u001b[J`);
    drawnLines = 0;
  };
  const draw = (): void => {
    erase();
    const width = (out.columns || 80) - 1;
    const lines = [...(place !== '' && bars.size > 0 ? [place] : []), ...bars.values()];
    for (const line of lines) out.write(`${line.slice(0, width)}\n`);
    drawnLines = lines.length;
    drawnAt = now();
  };
  const say = (text: string): void => {
    erase();
    out.write(`${text}\n`);
    draw();
  };

  return {
    listen: event => {
      switch (event.type) {
        case 'plan':
          return say(event.clip ? shortPlanText(event.plan) : planText(event.plan));
        case 'warning':
          return say(`warning: ${event.message}`);
        case 'preview':
          return event.file ? say(`key frame ${event.frame}: ${event.file}`) : undefined;
        case 'stage':
          if (event.state === 'start') {
            begun.set(event.stage, now());
            return undefined;
          }
          bars.delete(event.stage);
          return say(`${STAGE_TITLES[event.stage].padEnd(10)} ${doneText(now() - (begun.get(event.stage) ?? now()), event.cached)}`);
        case 'progress': {
          const progress = track(event);
          bars.set(event.stage, `${STAGE_TITLES[event.stage].padEnd(10)} ${bar(progress)} ${progress.line}`);
          if (now() - drawnAt > REDRAW_SECONDS || progress.done === progress.total) draw();
          return undefined;
        }
        case 'result':
          bars.clear();
          return say(resultText(event.result));
        case 'clip':
          bars.clear();
          if (event.state !== 'start') return event.state === 'done' ? undefined : say(outcomeText(event));
          track = progressTracker(now);
          place = event.clip ? placeText(event.clip) : '';
          return say(`${place}: ${event.input}`);
        case 'summary':
          bars.clear();
          return say(summaryText(event));
      }
    },
    end: failure => {
      erase();
      bars.clear();
      if (failure) out.write(`rerender: ${failure.message}\n`);
    },
  };
};
