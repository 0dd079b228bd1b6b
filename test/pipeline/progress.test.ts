import { describe, expect, test } from 'vitest';
import type { Event } from '../../pipeline/events.ts';
import type { PlanNode } from '../../pipeline/graph/plan.ts';
import { forcedBy, isWithin, stageHooks } from '../../pipeline/jobs/progress.ts';
import { stageClock } from '../../pipeline/jobs/run-times.ts';
import { STEPS } from '../../pipeline/steps/table.ts';

const node = (step: string, id: string, units = 1): PlanNode => ({ id, step, params: {}, options: {}, inputs: {}, units });
const noRead = () => Promise.reject(new Error('nobody reads'));

/** What a clock is told: `stage begins`, `done/total` with a + where it was found, `stage ends` with what was cached. */
const told = (...nodes: readonly PlanNode[]) => {
  const log: string[] = [];
  const clock = stageClock((event: Event) => {
    if (event.type === 'progress') log.push(`${event.stage} ${event.done}/${event.total} ${event.unit}${event.kept ? ' found' : ''}`);
    if (event.type === 'stage') log.push(`${event.stage} ${event.state}${event.cached ? ` ${event.cached}` : ''}`);
  });
  const { onStart, onProgress, onDone } = stageHooks(clock, nodes);
  return {
    log,
    onStart,
    onProgress: (of: PlanNode, done: number) => onProgress(of, done),
    onDone: (of: PlanNode, found = false) => onDone(of, found, noRead),
  };
};

describe('the progress of a stage', () => {
  test('counts denoising steps of all its nodes, each number once', () => {
    const [a, b] = [node('anchor', 'a', 2), node('keyframe', 'b', 3)];
    const { log, onStart, onProgress, onDone } = told(a, b);
    onStart(a);
    for (const done of [1, 2]) onProgress(a, done);
    onDone(a);
    onStart(b);
    onProgress(b, 1);
    onDone(b); // its second pass was left out
    expect(log).toEqual([
      'keyframes start',
      'keyframes 1/5 steps',
      'keyframes 2/5 steps',
      'keyframes 3/5 steps',
      'keyframes 5/5 steps',
      'keyframes done',
    ]);
  });

  test('says what was found, and begins and ends where all was', () => {
    const [a, b] = [node('window', 'a', 4), node('window', 'b', 4)];
    const { log, onDone } = told(a, b);
    onDone(a, true);
    onDone(b, true);
    expect(log).toEqual(['windows start', 'windows 4/8 steps found', 'windows 8/8 steps found', 'windows done 2']);
  });

  test('is told of each stage by itself, and of nodes that nobody wants not at all', () => {
    const [a, between] = [node('anchor', 'a', 1), node('interval', 'between')];
    const { log, onStart, onProgress, onDone } = told(a, between);
    const other = node('conditioning', 'other');
    const unwanted = node('window', 'unwanted', 5);
    for (const each of [other, unwanted, a]) onStart(each);
    onProgress(unwanted, 3);
    for (const each of [other, unwanted]) onDone(each);
    onProgress(a, 1);
    onStart(between);
    onDone(a);
    onDone(between);
    expect(log).toEqual([
      'keyframes start',
      'keyframes 1/1 steps',
      'propagate start',
      'keyframes done',
      'propagate 1/1 intervals',
      'propagate done',
    ]);
  });

  test('is never more than the whole', () => {
    const a = node('picture', 'a', 3);
    const { log, onStart, onProgress, onDone } = told(a);
    onStart(a);
    for (const done of [1, 2, 3, 4, 5]) onProgress(a, done); // a sampler that makes more steps than it is asked for
    onDone(a);
    expect(log).toEqual(['pictures start', 'pictures 1/3 steps', 'pictures 2/3 steps', 'pictures 3/3 steps', 'pictures done']);
  });
});

describe('the stages that options name', () => {
  const drawing = ['supplied', 'recorded', 'colours', 'anchor', 'keyframe'];
  const names = (of: (name: string) => boolean): string[] => Object.keys(STEPS).filter(of);

  test('--stop-after ends behind a stage, preparations aside', () => {
    expect(names(name => isWithin(STEPS[name]!, 'shots'))).toEqual(['survey']);
    expect(names(name => isWithin(STEPS[name]!, 'keyframes'))).toEqual(['survey', ...drawing]);
    expect(names(name => isWithin(STEPS[name]!, 'propagate'))).toEqual([
      ...['survey', ...drawing],
      ...['interval', 'window', 'clip', 'picture'],
    ]);
  });

  test('--force makes a stage anew, and those behind it; what is seen of shots decides for itself what follows', () => {
    const stored = (name: string): boolean => Object.values(STEPS[name]!.outputs).some(({ keep }) => keep !== 'memory');
    const forced = (force: 'shots' | 'keyframes' | 'propagate') => names(name => stored(name) && forcedBy(force)(STEPS[name]!));
    expect(forced('shots')).toEqual(['survey']);
    expect(forced('keyframes')).toEqual([...drawing, 'interval', 'window', 'clip', 'decoded', 'picture']);
    expect(forced('propagate')).toEqual(['interval', 'window', 'clip', 'decoded', 'picture']);
    expect(names(name => forcedBy(undefined)(STEPS[name]!))).toEqual([]);
  });
});
