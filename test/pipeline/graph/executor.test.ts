import { join as path } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary.ts';
import { type Changes, openToy, pause, plans } from './toy.ts';

const root = temporaryFolder();
let count = 0;
let folder: string;
beforeEach(() => {
  folder = path(root, String(count++));
});

/** Three drawings, and what lies between each and the next, right behind both. */
const chain = () => {
  const { plan, draw, join } = plans();
  const [key0, key1] = [draw('key0').text, draw('key1').text];
  const between0 = join('between0', [key0, key1]);
  const key2 = draw('key2').text;
  return { plan, wanted: [between0, join('between1', [key1, key2])], key0, key1, key2, between0 };
};

const open = (changes: Changes = {}, planned = chain()) => ({
  ...planned,
  ...openToy(folder, planned.plan, { work: () => pause(5), ...changes }),
});

describe('executor', () => {
  test('gives every node what it reads, in its order', async () => {
    const { run, wanted } = open();
    const execution = run(wanted);
    expect(await execution.value(wanted[1]!)).toBe('between1(key1(1 red)+key2(1 red))');
    await execution.finished;
  });

  test('a value is there before the run is finished', async () => {
    const { run, wanted, key0, ran } = open();
    const execution = run([key0, ...wanted]);
    expect(await execution.value(key0)).toBe('key0(1 red)');
    expect(ran.length).toBeLessThan(5);
    await execution.finished;
    expect(ran.length).toBe(5);
  });

  test('does not make what the store has, unless forced', async () => {
    const first = open();
    await first.run(first.wanted).finished;
    const { run, wanted, ran } = open();
    const found: [string, boolean][] = [];
    const onDone = ({ id }: { id: string }, was: boolean) => void found.push([id, was]);
    await run(wanted, { onDone }).finished;
    expect(ran).toEqual([]);
    expect(found).toEqual([
      ['between0', true],
      ['between1', true],
    ]); // those that are wanted, in the order of the plan
    found.length = 0;
    await run(wanted, { onDone, forced: step => step.name === 'join' }).finished;
    expect(ran.sort()).toEqual(['between0', 'between1']);
    expect(found.map(([, was]) => was)).toEqual([false, false]);
  });

  test('tells of each node when it begins, and when it is done with a way to read it; what reads it waits for the listener', async () => {
    const { run, wanted } = open();
    const log: string[] = [];
    await run(wanted, {
      onStart: ({ id }) => void log.push(`start ${id}`),
      onDone: async ({ id }, found, read) => {
        await pause(10);
        log.push(`done ${id} ${found} ${await read('text')}`);
      },
    }).finished;
    expect(log.filter(line => line.startsWith('start')).length).toBe(5);
    expect(log.indexOf('done key1 false key1(1 red)')).toBeLessThan(log.indexOf('start between0'));
    expect(log.at(-1)).toBe('done between1 false between1(key1(1 red)+key2(1 red))');
  });

  test.each([1, 2, 3])('never more at once than a resource allows: %i', async cpu => {
    const busy = { now: 0, most: 0 };
    const work = async (name: string) => {
      if (name.startsWith('key')) return;
      busy.most = Math.max(busy.most, ++busy.now);
      await pause(5);
      busy.now--;
    };
    const { plan, draw, join } = plans();
    const { text } = draw('key');
    const wanted = ['a', 'b', 'c', 'd', 'e'].map(name => join(name, [text]));
    await openToy(folder, plan, { work }).run(wanted, { limits: { inference: 1, cpu } }).finished;
    expect(busy.most).toBe(cpu);
  });

  test('each node begins as soon as it can, beside inference too', async () => {
    const { run, wanted, ran } = open({ work: name => pause(name === 'key2' ? 50 : 5) });
    await run(wanted).finished;
    expect(ran).toEqual(['key0', 'key1', ...ran.slice(2)]);
    expect(ran.slice(2).sort()).toEqual(['between0', 'between1', 'key2']);
    expect(ran.at(-1)).toBe('between1');
  });

  test('nodes that are ready begin in the order of the plan, also those that became ready later', async () => {
    const { plan, draw, join } = plans();
    const slow = draw('slow').text;
    const early = join('early', [slow]); // ready last, stands first
    const key = draw('key').text;
    const later = ['b', 'c', 'd'].map(name => join(name, [key]));
    const work = async (name: string): Promise<void> => {
      while (name === 'slow' && !ran.includes('b')) await pause(1);
      if (name === 'b') await execution.value(slow); // from then on early may begin
      await pause(5);
    };
    const { run, ran } = openToy(folder, plan, { work });
    const execution = run([early, ...later], { limits: { inference: 2, cpu: 1 } });
    await execution.finished;
    expect(ran.slice(0, 2).sort()).toEqual(['key', 'slow']);
    expect(ran.indexOf('early')).toBeLessThan(ran.indexOf('c'));
    expect(ran.filter(name => later.some(({ node }) => node === name))).toEqual(['b', 'c', 'd']);
  });

  test('the first failure ends the run, is told to those that run, and keeps what is finished', async () => {
    const failure = new AbortController();
    const { run, wanted, ran, maker, key0, key1 } = open({
      signal: failure.signal,
      work: async (name, signal) => {
        if (name === 'key2') {
          while (!ran.includes('between0')) await pause(1);
          throw new Error('no such key');
        }
        if (name === 'between0') {
          while (!signal.aborted) await pause(1);
          await pause(10);
          ran.push('between0 ends');
        }
      },
    });
    const execution = run(wanted, { abort: reason => failure.abort(reason) });
    await expect(execution.finished).rejects.toThrow('no such key');
    expect(ran.slice(0, 2)).toEqual(['key0', 'key1']);
    expect(ran.slice(2, 4).sort()).toEqual(['between0', 'key2']);
    expect(ran.slice(4)).toEqual(['between0 ends']); // nothing runs any more
    for (const wantedRef of wanted) await expect(execution.value(wantedRef)).rejects.toThrow('no such key');
    expect(await Promise.all([key0, key1, ...wanted].map(maker.has))).toEqual([true, true, false, false]);
    const again = open();
    await again.run(again.wanted).finished;
    expect(again.ran.sort()).toEqual(['between0', 'between1', 'key2']);
  });

  test('a failure of whoever hears of a node ends the run, too', async () => {
    const { run, wanted, ran } = open();
    const execution = run(wanted, { onDone: ({ id }) => (id === 'key1' ? Promise.reject(new Error('the disk is full')) : undefined) });
    await expect(execution.finished).rejects.toThrow('the disk is full');
    expect(ran).not.toContain('between0');
  });

  test('an abort stops before the next node', async () => {
    const controller = new AbortController();
    const { run, wanted, ran } = open();
    const execution = run(wanted, { signal: controller.signal, onDone: () => controller.abort(new Error('enough')) });
    await expect(execution.finished).rejects.toThrow('enough');
    expect(ran.length).toBeLessThan(3);
    await expect(execution.value(wanted[0]!)).rejects.toThrow('enough');
  });

  test('a run that is aborted before it begins runs nothing', async () => {
    const { run, wanted, ran } = open();
    await expect(run(wanted, { signal: AbortSignal.abort(new Error('too late')) }).finished).rejects.toThrow('too late');
    expect(ran).toEqual([]);
  });

  test('a failure that nobody awaits is no unhandled rejection', async () => {
    const { run, wanted } = open({ work: () => Promise.reject(new Error('no such key')) });
    run(wanted);
    await pause(20);
  });
});

describe('two runs of one maker', () => {
  test('that ask for the same at once run it once, and both have it', async () => {
    const { run, wanted, ran } = open({ work: () => pause(20) });
    const runs = [run(wanted), run(wanted)];
    const values = await Promise.all(runs.flatMap(execution => wanted.map(ref => execution.value(ref))));
    await Promise.all(runs.map(({ finished }) => finished));
    expect(values.slice(0, 2)).toEqual(values.slice(2));
    expect(ran.sort()).toEqual(['between0', 'between1', 'key0', 'key1', 'key2']);
  });

  test('that ask for values of one node at once run it once', async () => {
    const { maker, ran, key0, between0 } = open();
    const values = await Promise.all([maker.value(key0), maker.value(key0), maker.value(between0)]);
    expect(values).toEqual(['key0(1 red)', 'key0(1 red)', 'between0(key0(1 red)+key1(1 red))']);
    expect(ran.sort()).toEqual(['between0', 'key0', 'key1']);
  });

  test('one after the other: the later finds what the earlier made', async () => {
    const { run, wanted, ran } = open();
    await run(wanted).finished;
    await run(wanted).finished;
    expect(ran.length).toBe(5);
  });
});
