// Small steps over a toy of a session, for tests of the graph: texts in place of pictures.
import type { Options } from '../../../config/options.ts';
import { type Execution, type ExecutorOptions, execute } from '../../../pipeline/graph/executor.ts';
import { type Identities, keysOf } from '../../../pipeline/graph/key.ts';
import { type Maker, type MakerOptions, makerOf } from '../../../pipeline/graph/maker.ts';
import { type Plan, type Planner, planner } from '../../../pipeline/graph/plan.ts';
import { memoryPort, type Series, seriesPort, storedPort } from '../../../pipeline/graph/port.ts';
import { recentValues } from '../../../pipeline/graph/recent.ts';
import type { NodeRef, Ref } from '../../../pipeline/graph/ref.ts';
import { openShelf, type ShelfOptions } from '../../../pipeline/graph/shelf.ts';
import { many, maybe, one, params, type StepTable, stepsOver } from '../../../pipeline/graph/step.ts';
import { diskStore } from '../../../pipeline/graph/store.ts';

/** What the toy steps use. */
export type Held = {
  readonly paint: string;
  readonly canvas: string;
  /** Hears which node runs, and may delay or end it. It has no identity. */
  work(name: string, signal: AbortSignal): void | Promise<void>;
};

const TEXT = { pack: (text: string) => Buffer.from(text), unpack: (bytes: Uint8Array) => Buffer.from(bytes).toString() };
const wordPort = memoryPort<string>('word');
const textPort = storedPort<string>('text', TEXT);
const tracePort = seriesPort<string>('trace', TEXT);

const named = params<{ readonly name: string }>();

const step = stepsOver<Held>();

/** A word in memory. */
export const word = step({
  ...{
    name: 'word',
    version: 1,
    resource: 'cpu',
    reads: [],
    uses: ['work'],
    params: named,
    inputs: { of: maybe(textPort), trace: maybe(tracePort) },
  },
  outputs: { word: { port: wordPort, keep: 'memory' } },
  run: async ({ params: { name }, inputs: { of = '', trace }, use: { work }, signal }) => {
    await work(name, signal);
    return { word: `${name}${of}${trace ? await trace.read(0) : ''}` };
  },
});

/** Parts of a trace. */
export const PARTS = [0, 1, 2];

const readAll = async (trace: Series<string> | undefined): Promise<string> =>
  trace ? (await Promise.all(PARTS.map(trace.read))).join('') : '';

/** A text that names all it was made from, and a trace for those behind it. */
export const draw = step({
  name: 'draw',
  version: 1,
  stage: 'keyframes',
  resource: 'inference',
  reads: ['seed'],
  uses: ['paint', 'work'],
  params: named,
  inputs: { words: many(wordPort), after: maybe(textPort), trace: maybe(tracePort) },
  outputs: {
    trace: { port: tracePort, keep: 'readers', reads: ['bankPrecision'] },
    text: { port: textPort, keep: 'cache' },
  },
  run: async ({ params: { name }, inputs: { words, after = '', trace }, options: { seed }, use: { paint, work }, write, signal }) => {
    await work(name, signal);
    const text = `${name}(${[seed, paint, ...words, after, await readAll(trace)].filter(part => part !== '').join(' ')})`;
    for (const part of PARTS) await write.trace?.(part, `${part}${text}`);
    return { text };
  },
});

/** Texts one behind the other. */
export const join = step({
  ...{
    name: 'join',
    version: 1,
    stage: 'propagate',
    resource: 'cpu',
    reads: [],
    uses: ['work'],
    params: named,
    inputs: { texts: many(textPort) },
  },
  outputs: { text: { port: textPort, keep: 'run' } },
  run: async ({ params: { name }, inputs: { texts }, use: { work }, signal }) => {
    await work(name, signal);
    return { text: `${name}(${texts.join('+')})` };
  },
});

/** A text of two, which can begin at the first. */
export const between = step({
  ...{
    name: 'between',
    version: 1,
    stage: 'propagate',
    resource: 'cpu',
    reads: [],
    uses: ['work'],
    params: named,
    inputs: { first: one(textPort), last: one(textPort) },
  },
  outputs: { text: { port: textPort, keep: 'run' } },
  ahead: {
    needs: ['first'],
    run: async ({ params: { name }, inputs: { first }, use: { work }, signal }) => {
      await work(`${name} ahead`, signal);
      return `${name}(${first}`;
    },
  },
  run: async ({ params: { name }, inputs: { first, last }, use: { work }, signal, ahead }) => {
    await work(ahead === undefined ? name : `the rest of ${name}`, signal);
    return { text: `${ahead ?? `${name}(${first}`}+${last})` };
  },
});

/** A drawing whose word is looked up before its turn comes. */
export const tied = step({
  ...{
    name: 'tied',
    version: 1,
    stage: 'keyframes',
    resource: 'inference',
    reads: [],
    uses: ['work'],
    params: named,
    inputs: { word: one(wordPort), after: maybe(textPort) },
  },
  outputs: { text: { port: textPort, keep: 'cache' } },
  ahead: { needs: ['word'], beside: true },
  run: async ({ params: { name }, inputs: { word, after = '' }, use: { work }, signal }) => {
    await work(name, signal);
    return { text: `${name}(${word}${after})` };
  },
});

export const STEPS: StepTable = { word, draw, join, between, tied } as unknown as StepTable;

export const OPTIONS = { seed: 1, bankPrecision: 'fp16', style: 'ink' } as Options;

/** Builds a plan of toy steps; nodes are called as in their texts. */
export const plans = (options: Partial<Options> = {}) => {
  const made: Planner = planner({ ...OPTIONS, ...options });
  const at = (name: string) => ({ id: name, params: { name } });
  return {
    plan: made.plan,
    word: (name: string, of?: Ref<string>, trace?: Ref<Series<string>>) => made.add(word, { ...at(name), inputs: { of, trace } }).word,
    draw: (
      name: string,
      inputs: { readonly words?: readonly Ref<string>[]; readonly after?: Ref<string>; readonly trace?: Ref<Series<string>> } = {},
    ) => made.add(draw, { ...at(name), inputs: { words: [], after: undefined, trace: undefined, ...inputs } }),
    join: (name: string, texts: readonly Ref<string>[]) => made.add(join, { ...at(name), inputs: { texts } }).text,
    between: (name: string, first: Ref<string>, last: Ref<string>) => made.add(between, { ...at(name), inputs: { first, last } }).text,
    tied: (name: string, word: Ref<string>, after?: Ref<string>) => made.add(tied, { ...at(name), inputs: { word, after } }).text,
  };
};

export const IDENTITIES: Identities = { paint: { digest: 'red' }, canvas: { digest: 'linen' } };

/** How a toy maker differs from the usual one. */
export type Changes = Partial<Omit<MakerOptions, 'held' | 'shelf'> & Omit<ShelfOptions, 'plan' | 'steps'>> & {
  readonly work?: Held['work'];
  readonly identities?: Identities;
};

/** A maker over a folder, and the names of the nodes that it runs. */
export const openToy = (folder: string, plan: Plan, { work = () => undefined, identities = IDENTITIES, ...changes }: Changes = {}) => {
  const ran: string[] = [];
  const held: Held = {
    paint: 'red',
    canvas: 'linen',
    work: (name, signal) => {
      ran.push(name);
      return work(name, signal);
    },
  };
  const store = changes.store ?? diskStore(folder);
  const keys = keysOf(plan, STEPS, identities);
  const usual = { steps: STEPS, keys, store, readersStore: store, recent: recentValues(2 ** 20), signal: new AbortController().signal };
  const all = { plan, held, ...usual, ...changes };
  const maker = makerOf({ ...all, shelf: openShelf(all) });
  const run = (wanted: readonly NodeRef[], options: Partial<ExecutorOptions> = {}): Execution =>
    execute(plan, wanted, { steps: STEPS, maker, limits: { inference: 1, cpu: 2 }, signal: usual.signal, ...options });
  return { ran, keys, store, run, maker: maker as Maker };
};

/** Makes something in a folder, and says what ran for it. */
export const make = async (
  folder: string,
  plan: Plan,
  wanted: Ref<string>,
  changes: Changes = {},
): Promise<{ text: string; ran: string[] }> => {
  const { run, ran } = openToy(folder, plan, changes);
  const execution = run([wanted]);
  const [text] = await Promise.all([execution.value(wanted), execution.finished]);
  return { text, ran };
};

export const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms));
