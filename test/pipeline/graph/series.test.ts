// What one node leaves for others part by part: written when somebody reads it, whole when it is read, gone when nobody needs it any more.
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { heldStore } from '../../../pipeline/graph/held-store.ts';
import type { Series } from '../../../pipeline/graph/port.ts';
import { type ArtifactStore, diskStore } from '../../../pipeline/graph/store.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { type Changes, make, openToy, PARTS, plans } from './toy.ts';

const root = temporaryFolder();
let count = 0;
let folder: string;
beforeEach(() => {
  folder = path(root, String(count++));
});

const files = (): string[] => {
  try {
    return readdirSync(path(folder, 'draw')).map(name => path(folder, 'draw', name));
  } catch {
    return [];
  }
};

/** An anchor, and drawings behind it that each read its trace; the last reads the trace of the second, too. */
const planned = () => {
  const { plan, draw, word } = plans();
  const a = draw('a');
  const b = draw('b', { trace: a.trace });
  const c = draw('c', { trace: a.trace, after: b.text });
  const d = draw('d', { trace: b.trace, words: [word('w', c.text, a.trace)] });
  return { plan, a, b, c, d };
};

/** Parts and their list of each trace that lies in the folder. */
const traces = async (): Promise<number> => {
  const { plan, a, b, c, d } = planned();
  const { keys } = openToy(folder, plan);
  const texts = [a, b, c, d].map(({ text }) => keys(text));
  return files().filter(file => !texts.some(key => file.endsWith(key))).length;
};
const ONE = PARTS.length + 1;

let whole: string;
beforeEach(async () => {
  const { plan, d } = planned();
  whole = (await make(path(root, 'whole'), plan, d.text)).text;
});

describe('a series', () => {
  test('is written when somebody reads it, and is gone behind the last reader', async () => {
    const { plan, d } = planned();
    const left: [string, number][] = [];
    const { run } = openToy(folder, plan);
    await run([d.text], { onDone: async ({ id }) => void left.push([id, await traces()]) }).finished;
    expect(left).toEqual([
      ['a', ONE],
      ['b', 2 * ONE],
      ['c', 2 * ONE],
      ['d', 2 * ONE], // a's is read through a word in d's place
    ]);
    expect(await traces()).toBe(0);
    expect(files().length).toBe(4);
  });

  test('is not written where nobody reads it', async () => {
    const { plan, a } = planned();
    await make(folder, plan, a.text);
    expect(files().length).toBe(1);
    const alone = plans();
    const { text } = alone.draw('alone');
    await make(folder, alone.plan, text);
    expect(files().length).toBe(2);
  });

  test('stays while a reader is still to run: a later run needs nothing again', async () => {
    const { plan, b, c, d } = planned();
    expect((await make(folder, plan, b.text)).ran).toEqual(['a', 'b']);
    expect(await traces()).toBe(ONE);
    expect((await make(folder, plan, c.text)).ran).toEqual(['c']);
    expect(await traces()).toBe(ONE); // d reads a's through a word
    const last = await make(folder, plan, d.text);
    expect(last).toEqual({ text: whole, ran: ['b', 'w', 'd'].sort((p, q) => last.ran.indexOf(p) - last.ran.indexOf(q)) });
    expect(await traces()).toBe(0);
  });

  test('stays for readers that this run does not make, when some other of its readers is made again', async () => {
    const { plan, b, c } = planned();
    await make(folder, plan, c.text);
    const { store, keys } = openToy(folder, plan);
    await store.remove(keys(b.text));
    expect((await make(folder, plan, b.text)).ran).toEqual(['b']);
    expect(await traces()).toBe(ONE);
  });

  test('that nobody still has to read goes with the next run, although that makes none of its readers', async () => {
    const { plan, b, d } = planned();
    await make(folder, plan, b.text);
    const other = path(root, `${count++}`);
    await make(other, plan, d.text);
    for (const name of readdirSync(path(other, 'draw'))) {
      writeFileSync(path(folder, 'draw', name), readFileSync(path(other, 'draw', name))); // another run has made the rest
    }
    expect(await traces()).toBe(ONE);
    expect((await make(folder, plan, d.text)).ran).toEqual([]);
    expect(await traces()).toBe(0);
  });

  test('that another option makes is not taken: its node runs again, the text stays', async () => {
    const at = (bankPrecision: 'fp16' | 'fp32') => {
      const { plan, draw } = plans({ bankPrecision });
      const a = draw('a');
      const [b, c] = [draw('b', { trace: a.trace }), draw('c', { trace: a.trace })];
      return { plan, a, b, c };
    };
    const half = at('fp16');
    await make(folder, half.plan, half.b.text);
    const single = at('fp32');
    expect((await make(folder, single.plan, single.a.text)).ran).toEqual([]);
    expect((await make(folder, single.plan, single.b.text)).ran).toEqual(['a', 'b']);
    expect((await make(folder, half.plan, half.c.text)).ran).toEqual(['c']);
  });

  test('may be read from outside, part by part', async () => {
    const { plan, a } = planned();
    const { maker } = openToy(folder, plan);
    const trace = (await maker.value(a.trace)) as Series<string>;
    expect(await Promise.all(PARTS.map(trace.read))).toEqual(PARTS.map(part => `${part}a(1 red)`));
    expect(((await maker.value(a.trace)) as Series<string>).id).toBe(trace.id);
    await expect(trace.read(99)).rejects.toThrow('run again');
  });
});

const DAMAGES: [string, (file: string) => void][] = [
  [
    'a bit',
    file =>
      writeFileSync(
        file,
        readFileSync(file).map((byte, i) => (i === 35 ? byte ^ 1 : byte)),
      ),
  ],
  ['cut', file => truncateSync(file, 40)],
  ['gone', file => rmSync(file)],
];

describe('a series that is damaged', () => {
  test.each(DAMAGES)('between two runs (%s) is made again by its node, then its reader runs, with the same result', async (_, damage) => {
    for (const index of [0, 1, 2, 3]) {
      folder = path(root, String(count++));
      const { plan, a, b, c, d } = planned();
      await make(folder, plan, c.text);
      const { keys } = openToy(folder, plan);
      const texts = [a, b, c].map(({ text }) => keys(text));
      const parts = files().filter(file => !texts.some(key => file.endsWith(key)));
      expect(parts.length).toBe(ONE);
      damage(parts[index]!);
      const again = await make(folder, plan, d.text);
      expect(again.text).toBe(whole);
      expect(again.ran.filter(name => name === 'a').length).toBe(1);
      expect(again.ran.at(-1)).toBe('d');
      expect(await traces()).toBe(0);
    }
  });

  test.each(DAMAGES)('while its reader begins (%s) is made again, then its reader runs again, with the same result', async (_, damage) => {
    const { plan, d } = planned();
    const once = new Set(['b', 'd']);
    const work = (name: string): void => {
      if (once.delete(name)) for (const file of files()) damage(file); // texts as well
    };
    const { text, ran } = await make(folder, plan, d.text, { work });
    expect(text).toBe(whole);
    expect(ran.slice(0, 4)).toEqual(['a', 'b', 'a', 'b']);
    expect(ran.filter(name => name === 'd').length).toBeGreaterThan(1);
    expect(await traces()).toBe(0);
  });

  test('in memory it is whole, whatever happens to the disk', async () => {
    const { plan, d } = planned();
    const store = diskStore(folder);
    const work = (name: string): void => {
      if (name === 'b') rmSync(folder, { recursive: true });
    };
    const { text, ran } = await make(folder, plan, d.text, { store, readersStore: heldStore(store, 1e6), work });
    expect(text).toBe(whole);
    expect(ran.filter(name => name === 'a').length).toBeLessThanOrEqual(2); // its text alone is lost
  });
});

describe('a disk that loses every part', () => {
  const lost = (bytes: number): Changes => {
    const store = diskStore(folder);
    const isPart = (value: Uint8Array): boolean => /^\d[a-d]\(/.test(Buffer.from(value).toString());
    const readersStore: ArtifactStore = {
      ...store,
      get: async key => {
        const value = await store.get(key);
        return value && isPart(value) && value.length > bytes ? undefined : value;
      },
    };
    return { store, readersStore };
  };

  test('is given up, with an error that names the part', async () => {
    const { plan, b } = planned();
    const { run, ran } = openToy(folder, plan, lost(0));
    const { finished } = run([b.text]);
    await expect(finished).rejects.toMatchObject({ code: 'STATES_GONE', message: expect.stringContaining('the trace of a disappear') });
    expect(ran.filter(name => name === 'a').length).toBe(9); // the first time, and eight attempts
    expect(ran.filter(name => name === 'b').length).toBe(9);
  });

  test.each([2, 3, 4])('is given up soon however long the chain is behind which that begins: %i', async length => {
    const { plan, draw } = plans();
    let last = draw('a');
    for (let i = 1; i <= length; i++) last = draw(`b${i}`, { trace: last.trace });
    const store = diskStore(folder);
    let vanish = false;
    const vanishing: ArtifactStore = {
      ...store,
      has: async key => !vanish && store.has(key),
      get: async key => (vanish ? undefined : store.get(key)),
    };
    const work = (name: string): void => {
      vanish ||= name === `b${length}`;
    };
    const { run, ran } = openToy(folder, plan, { store, readersStore: vanishing, work });
    await expect(run([last.text]).finished).rejects.toMatchObject({ code: 'STATES_GONE' });
    expect(ran.length).toBeLessThan(30 * length);
  });
});
