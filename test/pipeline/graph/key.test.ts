import { describe, expect, test } from 'vitest';
import type { Options } from '../../../config/options.ts';
import { artifactKey, type Identities, keysOf } from '../../../pipeline/graph/key.ts';
import { seriesPort, storedPort } from '../../../pipeline/graph/port.ts';
import { many, maybe, params, type Step, type StepTable, stepsOver } from '../../../pipeline/graph/step.ts';
import { draw, IDENTITIES, OPTIONS, plans, STEPS } from './toy.ts';

describe('the key of an artifact', () => {
  test('depends on name, version and every ingredient, not on the order in which they are written', () => {
    const key = artifactKey('anchor', 1, { seed: 1, source: { digest: 'a', frame: 3 } });
    expect(key).toMatch(/^anchor-[0-9a-f]{40}$/);
    expect(artifactKey('anchor', 1, { source: { frame: 3, digest: 'a' }, seed: 1 })).toBe(key);
    expect(artifactKey('anchor', 1, { source: { frame: 3, digest: 'a' }, seed: 1, absent: undefined })).toBe(key);
    expect(artifactKey('keyframe', 1, { seed: 1, source: { digest: 'a', frame: 3 } })).not.toBe(key.replace('anchor', 'keyframe'));
    expect(artifactKey('anchor', 2, { seed: 1, source: { digest: 'a', frame: 3 } })).not.toBe(key);
    expect(artifactKey('anchor', 1, { seed: 2, source: { digest: 'a', frame: 3 } })).not.toBe(key);
    expect(artifactKey('anchor', 1, { seed: 1, source: { digest: 'a', frame: 4 } })).not.toBe(key);
    expect(artifactKey('anchor', 1, { seed: '1', source: { digest: 'a', frame: 3 } })).not.toBe(key);
    expect(artifactKey('anchor', 1, { seed: [1], source: { digest: 'a', frame: 3 } })).not.toBe(key);
  });
});

type Chosen = {
  readonly options?: Partial<Options>;
  readonly identities?: Identities;
  readonly step?: Partial<Step>;
  readonly name?: string;
  readonly word?: string;
};

/** The keys of the text and the trace of a node that reads a word. */
const keysWith = ({ options = {}, identities = IDENTITIES, step = {}, name = 'a', word = 'x' }: Chosen = {}) => {
  const toy = plans(options);
  const { text, trace } = toy.draw(name, { words: [toy.word(word)] });
  const keys = keysOf(toy.plan, { ...STEPS, draw: { ...STEPS.draw!, ...step } }, identities);
  return { text: keys(text), trace: keys(trace) };
};

describe('the keys of a plan follow from what its steps declare', () => {
  const usual = keysWith();

  test('outputs of a node have keys of their own, under the name of their step', () => {
    expect(usual.text).toMatch(/^draw-[0-9a-f]{40}$/);
    expect(usual.trace).toMatch(/^draw-[0-9a-f]{40}$/);
    expect(usual.trace).not.toBe(usual.text);
    expect(keysWith()).toEqual(usual);
  });

  test.each<[string, Chosen]>([
    ['the version of the step', { step: { version: 2 } }],
    ['its name', { step: { name: 'paint' } }],
    ['a parameter', { name: 'b' }],
    ['an option that it reads', { options: { seed: 2 } }],
    ['what an input is made from', { word: 'y' }],
    ['the identity of what it uses', { identities: { ...IDENTITIES, paint: { digest: 'blue' } } }],
  ])('%s changes them', (_, chosen) => {
    expect(keysWith(chosen).text).not.toBe(usual.text);
    expect(keysWith(chosen).trace).not.toBe(usual.trace);
  });

  test.each<[string, Chosen]>([
    ['an option that is not read', { options: { style: 'oil', steps: 3 } }],
    ['the identity of what is not used', { identities: { ...IDENTITIES, canvas: { digest: 'wood' } } }],
    ['the order in which an identity is written', { identities: { canvas: { digest: 'linen' }, paint: { digest: 'red' } } }],
    ['the stage and the resource of the step', { step: { stage: 'windows', resource: 'cpu' } }],
    [
      'how long an output is kept',
      { step: { outputs: { ...draw.outputs, text: { ...draw.outputs.text, keep: 'run' } } } as Partial<Step> },
    ],
  ])('%s does not', (_, chosen) => {
    expect(keysWith(chosen)).toEqual(usual);
  });

  test('an option that one output reads changes that output alone', () => {
    const changed = keysWith({ options: { bankPrecision: 'fp32' } });
    expect(changed.text).toBe(usual.text);
    expect(changed.trace).not.toBe(usual.trace);
  });

  test('a node of a plan may have options of its own', () => {
    const toy = plans();
    const planned = (changed: Partial<Options>) => {
      const { plan, draw } = plans(changed);
      const { text } = draw('a');
      return keysOf(plan, STEPS, IDENTITIES)(text);
    };
    const { text } = toy.draw('a');
    expect(keysOf(toy.plan, STEPS, IDENTITIES)(text)).toBe(planned({ style: 'another' }));
    expect(toy.plan.nodes[0]!.options).toEqual({ seed: OPTIONS.seed, bankPrecision: OPTIONS.bankPrecision });
  });

  test('a change goes through to all that is made of it, and to nothing else', () => {
    const keysOfAll = (last: string) => {
      const { plan, draw, join, word } = plans();
      const [a, b] = [draw('a', { words: [word('x')] }), draw('b', { words: [word(last)] })];
      const [both, first] = [join('both', [a.text, b.text]), join('first', [a.text])];
      const keys = keysOf(plan, STEPS, IDENTITIES);
      return [a.text, b.text, both, first].map(keys);
    };
    const [before, after] = [keysOfAll('y'), keysOfAll('z')];
    expect(before.map((key, i) => key === after[i])).toEqual([true, false, false, true]);
  });

  test('the order of many inputs counts; an input that is absent is not one that is there', () => {
    const keyOf = (inputs: readonly ('x' | 'y')[]) => {
      const { plan, draw, word } = plans();
      const words = { x: word('x'), y: word('y') };
      const { text } = draw('a', { words: inputs.map(name => words[name]) });
      return keysOf(plan, STEPS, IDENTITIES)(text);
    };
    const keys = [[], ['x'], ['y'], ['x', 'y'], ['y', 'x'], ['x', 'x']].map(names => keyOf(names as ('x' | 'y')[]));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('a JSON copy of a plan has the same keys, and so has one whose nodes count for more or are called otherwise', () => {
    const { plan, draw, word } = plans();
    const { text } = draw('a', { words: [word('x')] });
    const json = JSON.stringify(plan);
    const copy = (json: string) => keysOf(JSON.parse(json), STEPS, IDENTITIES);
    const key = keysOf(plan, STEPS, IDENTITIES)(text);
    expect(copy(json)(text)).toBe(key);
    expect(copy(json.replaceAll('"units":1', '"units":7'))(text)).toBe(key);
    expect(copy(json.replaceAll('"id":"a"', '"id":"b"'))({ ...text, node: 'b' })).toBe(key);
  });

  test('a step that this program does not have, and an output that the plan does not have, are refused', () => {
    const { plan, draw } = plans();
    const { text } = draw('a');
    expect(() => keysOf(plan, {}, IDENTITIES)).toThrow('there is no step draw');
    expect(() => keysOf(plan, STEPS, IDENTITIES)({ ...text, output: 'picture' })).toThrow('no picture of a');
  });
});

test('a step is refused whose name no file may have, or whose outputs are to be stored and have no bytes', () => {
  const step = stepsOver<{ readonly paint: string }>();
  const codec = { pack: (text: string) => Buffer.from(text), unpack: (bytes: Uint8Array) => Buffer.from(bytes).toString() };
  const declare = (name: string, port: ReturnType<typeof storedPort<string>>) =>
    step({
      ...{ name, version: 1, resource: 'cpu', reads: [], uses: [], params: params(), inputs: { of: maybe(port), all: many(port) } },
      outputs: { text: { port, keep: 'cache' } },
      run: async () => ({ text: '' }),
    });
  for (const name of ['Text', 'text-', 'a_b', '../a', ''])
    expect(() => declare(name, storedPort('text', codec))).toThrow(/may not be called/);
  expect(() => declare('text', { name: 'text', series: false })).toThrow('text: text has no bytes and cannot be kept as cache');
  expect(declare('a-text', storedPort('text', codec)).name).toBe('a-text');
  expect(seriesPort('trace', codec)).toMatchObject({ series: true });
  const table: StepTable = STEPS;
  expect(Object.keys(table)).toEqual(['word', 'draw', 'join', 'between', 'tied']);
});
