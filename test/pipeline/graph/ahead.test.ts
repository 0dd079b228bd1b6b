// What a node can have before all that it reads is there.
import { join as path } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { recentValues } from '../../../pipeline/graph/recent.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { type Changes, openToy, pause, plans } from './toy.ts';

const root = temporaryFolder();
let count = 0;
let folder: string;
beforeEach(() => {
  folder = path(root, String(count++));
});

/** Three drawings, and what lies between each and the next. */
const open = (changes: Changes = {}) => {
  const { plan, draw, between } = plans();
  const [a, b] = [draw('a').text, draw('b').text];
  const first = between('first', a, b);
  const c = draw('c').text;
  const wanted = [first, between('second', b, c)] as const;
  return { wanted, ...openToy(folder, plan, { work: () => pause(5), ...changes }) };
};

const TEXTS = ['first(a(1 red)+b(1 red))', 'second(b(1 red)+c(1 red))'];

describe('ahead', () => {
  test('what lies between two drawings begins while the second is drawn, and goes on from there', async () => {
    const { run, ran, wanted } = open();
    const execution = run(wanted);
    await execution.finished;
    expect(ran.slice(0, 3)).toEqual(['a', 'b', 'first ahead']);
    expect(ran.slice(3).sort()).toEqual(['c', 'second ahead', 'the rest of first', 'the rest of second']);
    expect(await Promise.all(wanted.map(execution.value))).toEqual(TEXTS);
  });

  test('what can run whole goes before', async () => {
    const { run, ran, wanted } = open({ work: name => pause(name === 'first' || name === 'the rest of first' ? 60 : 5) });
    const execution = run(wanted, { limits: { inference: 1, cpu: 1 } });
    await execution.finished;
    expect(ran).toEqual(['a', 'b', 'first ahead', 'c', 'the rest of first', 'second']);
    expect(await Promise.all(wanted.map(execution.value))).toEqual(TEXTS);
  });

  test('what fails ahead is made in its turn', async () => {
    const work = async (name: string) => {
      if (name === 'first ahead') throw new Error('too early');
    };
    const { run, ran, wanted } = open({ work });
    const execution = run(wanted);
    await execution.finished;
    expect(ran).toContain('first');
    expect(await Promise.all(wanted.map(execution.value))).toEqual(TEXTS);
  });

  test('a run that is stopped ends when what was begun ahead has ended', async () => {
    const stop = new AbortController();
    let running = 0;
    const work = async (name: string) => {
      running++;
      if (name === 'first ahead') stop.abort(new Error('enough'));
      await pause(name === 'first ahead' ? 40 : 5);
      running--;
    };
    const { run, wanted } = open({ work, signal: stop.signal });
    await expect(run(wanted, { signal: stop.signal }).finished).rejects.toThrow('enough');
    expect(running).toBe(0);
  });

  test('what is looked up beside is had for the next alone, and once, however little stays at hand', async () => {
    const { plan, word, tied } = plans();
    const one = tied('one', word('x'));
    const two = tied('two', word('y'), one);
    const three = tied('three', word('z'), two);
    const { run, ran } = openToy(folder, plan, { work: () => pause(5), recent: recentValues(0) });
    const execution = run([three], { limits: { inference: 1, cpu: 1 } });
    await execution.finished;
    expect([...ran].sort()).toEqual(['one', 'three', 'two', 'x', 'y', 'z']);
    expect(ran.indexOf('y')).toBeLessThan(ran.indexOf('two'));
    expect(ran.indexOf('z')).toBeGreaterThan(ran.indexOf('one'));
    expect(ran.indexOf('z')).toBeLessThan(ran.indexOf('three'));
    expect(await execution.value(three)).toBe('three(ztwo(yone(x)))');
  });
});
