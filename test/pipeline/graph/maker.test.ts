// Values of a plan: in memory, in the store, damaged, gone; and what a step leaves when it is ended in its middle.
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { execute } from '../../../pipeline/graph/executor.ts';
import { keysOf } from '../../../pipeline/graph/key.ts';
import { makerOf } from '../../../pipeline/graph/maker.ts';
import { planner } from '../../../pipeline/graph/plan.ts';
import { jsonCodec, storedPort } from '../../../pipeline/graph/port.ts';
import { recentValues } from '../../../pipeline/graph/recent.ts';
import { openShelf } from '../../../pipeline/graph/shelf.ts';
import { params, type StepTable, stepsOver } from '../../../pipeline/graph/step.ts';
import { diskStore } from '../../../pipeline/graph/store.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { make, OPTIONS, openToy, pause, plans } from './toy.ts';

const root = temporaryFolder();
let count = 0;
let folder: string;
beforeEach(() => {
  folder = path(root, String(count++));
});

const files = (stage: string): string[] => {
  try {
    return readdirSync(path(folder, stage)).sort();
  } catch {
    return [];
  }
};

describe('a value in memory', () => {
  const planned = () => {
    const { plan, word, draw } = plans();
    const x = word('x');
    const [a, b] = [draw('a', { words: [x] }), draw('b', { words: [x] })];
    return { plan, x, a: a.text, b: b.text };
  };

  test('is made when its first reader runs, then at hand for the others, and never stored', async () => {
    const { plan, a, b } = planned();
    const { run, ran } = openToy(folder, plan);
    await run([a, b]).finished;
    expect(ran).toEqual(['x', 'a', 'b']);
    expect(files('word')).toEqual([]);
    expect(files('draw').length).toBe(2);
  });

  test('is not made when its readers are there', async () => {
    const { plan, a, b } = planned();
    await openToy(folder, plan).run([a, b]).finished;
    expect((await make(folder, plan, b)).ran).toEqual([]);
  });

  test('is made again for each reader when there is no room for it', async () => {
    const { plan, a, b } = planned();
    const { run, ran } = openToy(folder, plan, { recent: { get: () => undefined, set: () => undefined } });
    await run([a, b]).finished;
    expect(ran).toEqual(['x', 'a', 'x', 'b']);
  });

  test('may itself be what is wanted', async () => {
    const { plan, x } = planned();
    expect(await make(folder, plan, x)).toEqual({ text: 'x', ran: ['x'] });
  });
});

describe('a stored value', () => {
  const planned = () => {
    const { plan, word, draw, join } = plans();
    const a = draw('a', { words: [word('x')] }).text;
    return { plan, a, both: join('both', [a, draw('b', { after: a }).text]) };
  };

  test('is not read back while it is at hand, but only as long as it lies in the store', async () => {
    const { plan, a } = planned();
    const store = diskStore(folder);
    let reads = 0;
    const get = (key: string) => {
      reads++;
      return store.get(key);
    };
    const { run, maker } = openToy(folder, plan, { store: { ...store, get }, stored: recentValues(1000) });
    await run([a]).finished;
    reads = 0;
    const text = await maker.value(a);
    expect(reads).toBe(0);
    rmSync(path(folder, 'draw'), { recursive: true });
    expect(await maker.value(a)).toBe(text); // made again
    expect(files('draw').length).toBe(1);
  });

  test.each<[string, (file: string) => void]>([
    [
      'a bit',
      file =>
        writeFileSync(
          file,
          readFileSync(file).map((byte, i) => (i === 35 ? byte ^ 1 : byte)),
        ),
    ],
    ['cut', file => truncateSync(file, 40)],
    ['empty', file => truncateSync(file, 0)],
    ['gone', file => rmSync(file)],
  ])('that is damaged (%s) when it is read is made again, and so are those that it is made of', async (_, damage) => {
    const { plan, both } = planned();
    const { text } = await make(folder, plan, both);
    for (const name of files('draw')) damage(path(folder, 'draw', name));
    expect(await make(folder, plan, both)).toEqual({ text, ran: [] }); // nobody reads them
    for (const name of files('join')) damage(path(folder, 'join', name));
    const again = await make(folder, plan, both);
    expect(again.text).toBe(text);
    expect([...new Set(again.ran)].sort()).toEqual(['a', 'b', 'both', 'x']);
    expect(await make(folder, plan, both)).toEqual({ text, ran: [] });
  });

  test('that is damaged alone is made again alone, of what is whole', async () => {
    const { plan, a, both } = planned();
    const { text } = await make(folder, plan, both);
    const { store, keys, run, ran } = openToy(folder, plan);
    await store.remove(keys(both));
    truncateSync(path(folder, 'draw', keys(a)), 40);
    const execution = run([both]);
    expect(await execution.value(both)).toBe(text);
    expect(ran.sort()).toEqual(['a', 'both', 'x']);
    await execution.finished;
  });

  test('goes when it is released', async () => {
    const { plan, both } = planned();
    const { run, maker } = openToy(folder, plan);
    await run([both]).finished;
    expect(files('join').length).toBe(1);
    await maker.release(both);
    expect(files('join')).toEqual([]);
    expect(files('draw').length).toBe(2);
  });
});

describe('a step that is ended in its middle', () => {
  type Held = { ended(part: number): boolean };
  const step = stepsOver<Held>();
  const slow = step({
    ...{ name: 'slow', version: 1, resource: 'inference', reads: ['seed'], uses: ['ended'], params: params(), inputs: {} },
    outputs: { parts: { port: storedPort('parts', jsonCodec<number[]>()), keep: 'cache' } },
    run: async ({ use: { ended }, checkpoint, progress }) => {
      const bytes = await checkpoint.load();
      const parts: number[] = bytes ? JSON.parse(Buffer.from(bytes).toString()) : [];
      while (parts.length < 5) {
        parts.push(parts.length);
        progress(parts.length, 5);
        await checkpoint.save(Buffer.from(JSON.stringify(parts)));
        if (ended(parts.length)) throw new Error('enough');
      }
      return { parts };
    },
  });
  const run = async (ended: Held['ended'], seed = 1) => {
    const { add, plan } = planner({ ...OPTIONS, seed });
    const { parts } = add(slow, { id: 'slow', params: {}, inputs: {} });
    const steps = { slow } as unknown as StepTable;
    const done: string[] = [];
    const { signal } = new AbortController();
    const store = diskStore(folder);
    const shelf = openShelf({ plan, steps, keys: keysOf(plan, steps, {}), store, readersStore: store, recent: recentValues(0) });
    const maker = makerOf({
      ...{ steps, shelf, held: { ended }, signal },
      onProgress: ({ id }, count, total) => void done.push(`${id} ${count}/${total}`),
    });
    const limits = { inference: 1, cpu: 1 };
    const execution = execute(plan, [parts], { steps, maker, limits, signal });
    const value = await execution.value(parts).catch((error: Error) => error.message);
    return { value, done };
  };

  test('goes on where it was, and leaves nothing of that when it is done', async () => {
    expect(await run(part => part === 2)).toEqual({ value: 'enough', done: ['slow 1/5', 'slow 2/5'] });
    expect(files('checkpoint').length).toBe(1);
    expect(await run(part => part === 4)).toEqual({ value: 'enough', done: ['slow 3/5', 'slow 4/5'] });
    expect(await run(() => false)).toEqual({ value: [0, 1, 2, 3, 4], done: ['slow 5/5'] });
    expect(files('checkpoint')).toEqual([]);
    for (const name of files('slow')) rmSync(path(folder, 'slow', name));
    expect((await run(() => false)).done[0]).toBe('slow 1/5');
  });

  test('does not go on from what another left, nor from what is damaged', async () => {
    await run(part => part === 2);
    expect((await run(() => false, 2)).done[0]).toBe('slow 1/5');
    for (const name of files('checkpoint')) truncateSync(path(folder, 'checkpoint', name), 40);
    expect(await run(() => false)).toEqual({ value: [0, 1, 2, 3, 4], done: [1, 2, 3, 4, 5].map(n => `slow ${n}/5`) });
    expect(files('checkpoint')).toEqual([]);
  });
});

describe('two makers over one shelf', () => {
  const twice = (first: AbortController, work: () => Promise<void>, second = new AbortController().signal) => {
    const { plan, draw } = plans();
    const { text } = draw('a');
    const making = new Map();
    const ran: string[] = [];
    const open = (signal: AbortSignal) =>
      openToy(folder, plan, {
        making,
        signal,
        work: async (name, ends) => {
          ran.push(name);
          await work();
          ends.throwIfAborted();
        },
      }).maker;
    return { text, ran, makers: [open(first.signal), open(second)] as const };
  };

  test('make the same once', async () => {
    const { text, ran, makers } = twice(new AbortController(), () => pause(20));
    const [a, b] = await Promise.all(makers.map(maker => maker.value(text)));
    expect(a).toBe(b);
    expect(ran).toEqual(['a']);
  });

  test('do not end with each other: when one is stopped, the other makes it itself', async () => {
    const first = new AbortController();
    const stopped = new Promise<void>(resolve => first.signal.addEventListener('abort', () => resolve()));
    const { text, ran, makers } = twice(first, () => stopped); // no work ends before the first is stopped, however slow the machine
    const left = expect(makers[0].value(text)).rejects.toThrow('left');
    await vi.waitFor(() => expect(ran).toEqual(['a'])); // the first has begun: the second waits for it
    const value = makers[1].value(text);
    await pause(10);
    first.abort(new Error('left'));
    await left;
    expect(await value).toContain('a(');
    expect(ran).toEqual(['a', 'a']);
  });

  test('one that waits for the other is stopped by its own signal, and the other goes on', async () => {
    const later = new AbortController();
    let finish = (): void => undefined;
    const { text, ran, makers } = twice(new AbortController(), () => new Promise(resolve => (finish = resolve)), later.signal);
    const value = makers[0].value(text);
    await vi.waitFor(() => expect(ran).toEqual(['a']));
    const left = expect(makers[1].value(text)).rejects.toThrow('left');
    later.abort(new Error('left'));
    await left; // the other has not finished
    finish();
    expect(await value).toContain('a(');
    expect(ran).toEqual(['a']);
  });

  test('fail together where the work fails', async () => {
    const { text, makers } = twice(new AbortController(), () => Promise.reject(new Error('no paper')));
    await Promise.all(makers.map(maker => expect(maker.value(text)).rejects.toThrow('no paper')));
  });
});
