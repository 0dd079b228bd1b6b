// Plans of key frames: who looks at whom, and what each key frame leaves for others.
import { describe, expect, test } from 'vitest';
import type { PartialOptions } from '../../../config/options.ts';
import { keysOf } from '../../../pipeline/graph/key.ts';
import type { Plan, PlanNode } from '../../../pipeline/graph/plan.ts';
import { withStyle } from '../../../pipeline/session/request.ts';
import { settleRun } from '../../../pipeline/session/settle.ts';
import type { Analysis } from '../../../pipeline/steps/analysis.ts';
import { STEPS } from '../../../pipeline/steps/table.ts';
import { planKeyframes } from '../../../pipeline/strategies/keyframes.ts';
import type { ModelFacts } from '../../../pipeline/strategies/strategy.ts';

const FACTS: ModelFacts = { kind: 'image', factor: 8, latentChannels: 4, steps: 10, controls: [] };

/** What a pass over a clip of so many frames finds, with shots that begin at `cuts`. */
const survey = (frames: number, cuts: readonly number[] = []): Analysis => ({
  times: Array.from({ length: frames }, (_, i) => i / 25),
  changes: Array.from({ length: frames }, () => 0),
  ...{ cuts, dissolves: [], warnings: [], lastFrame: 1 / 25 },
});

/** Every fusion at work in some of the steps. */
const FUSED: PartialOptions = { crossPeriod: [0, 1], warpPeriod: [0, 0.1], maskPeriod: [0.5, 0.8], adaPeriod: [0.8, 1] };

const planned = async (options: PartialOptions, seen: Analysis, facts: ModelFacts = FACTS) => {
  const values = { style: 'ink', steps: 10, interval: 10, strength: 1, ...FUSED, ...options };
  return planKeyframes(withStyle((await settleRun([{ origin: { kind: 'request' }, values }])).options), seen, facts);
};

const isKey = ({ step }: PlanNode): boolean => step === 'anchor' || step === 'keyframe';
const numberOf = (id: string): string => id.slice(id.indexOf(' ') + 1);

/** Of each key frame what others read of it: `anchor` its states and clean latents, `previous` its states alone, `-` nothing. */
const readAs = ({ nodes }: Plan): string[] => {
  const read = new Set(nodes.flatMap(({ inputs }) => Object.values(inputs).flat()).map(({ node, output }) => `${node} ${output}`));
  return nodes.filter(isKey).map(({ id }) => {
    const [states, clean] = ['states', 'clean'].map(output => read.has(`${id} ${output}`));
    if (clean && !states) return `${numberOf(id)} clean`;
    return `${numberOf(id)} ${clean ? 'anchor' : states ? 'previous' : '-'}`;
  });
};

/** Of each key frame whose outputs its inputs are: `input output of frame`. */
const linksOf = ({ nodes }: Plan): Record<string, string[]> =>
  Object.fromEntries(
    nodes.filter(isKey).map(({ id, inputs }) => {
      const links = Object.entries(inputs).flatMap(([name, refs]) => refs.map(({ node, output }) => ({ name, node, output })));
      return [id, links.filter(({ node }) => /^(anchor|keyframe|motion) /.test(node)).map(l => `${l.name}: ${l.output} of ${l.node}`)];
    }),
  );

describe('what others read of a key frame', () => {
  test('an anchor is read for its states and clean latents, the one before for its states, the last of a shot for nothing', async () => {
    expect(readAs((await planned({}, survey(51))).plan)).toEqual([
      '0 anchor',
      '10 previous',
      '20 previous',
      '30 previous',
      '40 previous',
      '50 -',
    ]);
  });

  test('states that are replaced more rarely are those of fewer key frames', async () => {
    expect(readAs((await planned({ styleUpdateFreq: 2 }, survey(51))).plan)).toEqual([
      '0 anchor',
      '10 previous',
      '20 -',
      '30 previous',
      '40 -',
      '50 -',
    ]);
    expect(readAs((await planned({ styleUpdateFreq: 0 }, survey(51))).plan)).toEqual(['0 anchor', '10 -', '20 -', '30 -', '40 -', '50 -']);
  });

  test('a refreshed anchor is read as one', async () => {
    expect(readAs((await planned({ anchor: 'refresh 2' }, survey(51))).plan)).toEqual([
      '0 anchor',
      '10 previous',
      '20 anchor',
      '30 previous',
      '40 anchor',
      '50 -',
    ]);
  });

  test('nothing goes across a cut', async () => {
    expect(readAs((await planned({ interval: 4 }, survey(9, [5, 6]))).plan)).toEqual(['0 anchor', '4 -', '5 -', '6 anchor', '8 -']);
  });

  test('only what the fusions work with is read', async () => {
    const off = { crossPeriod: 'off', warpPeriod: 'off', maskPeriod: 'off', adaPeriod: 'off' } as const;
    const frames = survey(21);
    expect(readAs((await planned({ ...off, crossPeriod: [0, 1] }, frames)).plan)).toEqual(['0 previous', '10 previous', '20 -']);
    expect(readAs((await planned({ ...off, adaPeriod: [0.8, 1] }, frames)).plan)).toEqual(['0 clean', '10 -', '20 -']);
    expect(readAs((await planned({ ...off, maskPeriod: [0.5, 0.8] }, frames)).plan)).toEqual(['0 -', '10 -', '20 -']);
    const { plan } = await planned(off, frames);
    expect(plan.nodes.filter(isKey).map(({ step }) => step)).toEqual(['anchor', 'anchor', 'anchor']); // each by itself
  });
});

describe('whom a key frame looks at', () => {
  test('the anchor, and the key frame before it where that is another', async () => {
    const links = linksOf((await planned({}, survey(31))).plan);
    expect(links['anchor 0']).toEqual([]);
    expect(links['keyframe 10']).toEqual([
      'anchor: picture of anchor 0',
      'anchorMotion: motion of motion 10-0',
      'anchorStates: states of anchor 0',
      'anchorClean: clean of anchor 0',
    ]);
    expect(links['keyframe 30']).toEqual([
      'anchor: picture of anchor 0',
      'anchorMotion: motion of motion 30-0',
      'anchorStates: states of anchor 0',
      'anchorClean: clean of anchor 0',
      'previous: picture of keyframe 20',
      'previousMotion: motion of motion 30-20',
      'previousStates: states of keyframe 20',
    ]);
  });

  test('motion is asked for only where a fusion follows it', async () => {
    const { plan } = await planned({ warpPeriod: 'off', maskPeriod: 'off' }, survey(31));
    expect(plan.nodes.filter(({ step }) => step === 'motion')).toEqual([]);
    expect(linksOf(plan)['keyframe 30']).toContain('previous: picture of keyframe 20');
  });
});

describe('a second style', () => {
  const two = { secondStyle: 'night', firstCfgScale: 0, firstAgain: 0, secondAgain: 0 }; // the embedded model asks for more
  const sourceOf = ({ plan }: { plan: Plan }, id: string): string[] => {
    const inputs = (node: string) => plan.nodes.find(one => one.id === node)!.inputs;
    return inputs(inputs(id).latent![0]!.node).frame!.flatMap(({ node }) => inputs(node).picture?.map(ref => ref.node) ?? [node]);
  };

  test('is drawn over the key frames of the first, whose plan is that of the first alone', async () => {
    const [one, both] = [await planned({}, survey(31)), await planned(two, survey(31))];
    const styles = both.plan.nodes.filter(isKey).map(({ id, inputs }) => {
      const { options } = both.plan.nodes.find(node => node.id === inputs.conditioning![0]!.node)!;
      return [id, options.style];
    });
    expect(new Map(styles as [string, string][])).toEqual(
      new Map(
        ['anchor 0', 'keyframe 10', 'keyframe 20', 'keyframe 30'].flatMap(id => [
          [`${id} first`, 'ink'],
          [id, 'night'],
        ]),
      ),
    );
    expect(sourceOf(both, 'keyframe 20')).toEqual(['keyframe 20 first']);
    expect(sourceOf(both, 'keyframe 20 first')).toEqual(['frame 20']);
    const keyIn = ({ plan }: typeof one) => keysOf(plan, STEPS, { footage: 1, clip: 1, model: 1 });
    const picture = (node: string) => ({ node, output: 'picture' });
    expect(keyIn(both)(picture('keyframe 20 first'))).toBe(keyIn(one)(picture('keyframe 20')));
    expect(both.keyframes.map(key => key.picture.node)).toEqual(['anchor 0', 'keyframe 10', 'keyframe 20', 'keyframe 30']);
  });

  test('leaves the first at least the guidance that is asked for it', async () => {
    const guidance = async (options: Parameters<typeof planned>[0]) => {
      const { plan } = await planned({ ...two, ...options }, survey(11));
      return ['anchor 0 first', 'keyframe 10 first', 'anchor 0'].map(id => plan.nodes.find(node => node.id === id)!.options.cfgScale);
    };
    expect(await guidance({ cfgScale: 1, firstCfgScale: 1.5 })).toEqual([1.5, 1.5, 1]);
    expect(await guidance({ cfgScale: 3, firstCfgScale: 1.5 })).toEqual([3, 3, 3]);
    expect(await guidance({ cfgScale: 3 })).toEqual([3, 3, 3]);
  });

  test('is drawn over a first that was drawn once more over itself, for a share of its strength', async () => {
    const both = await planned({ ...two, firstAgain: 0.5, cfgScale: 1, firstCfgScale: 2, strength: 0.8 }, survey(11));
    expect(sourceOf(both, 'keyframe 10')).toEqual(['keyframe 10 again']);
    expect(sourceOf(both, 'keyframe 10 again')).toEqual(['keyframe 10 first']);
    expect(sourceOf(both, 'keyframe 10 first')).toEqual(['frame 10']);
    const drawn = ['anchor 0 first', 'anchor 0 again', 'anchor 0'].map(id => both.plan.nodes.find(node => node.id === id)!);
    expect(drawn.map(({ options: { strength, cfgScale }, units }) => [strength, cfgScale, units])).toEqual([
      [0.8, 2, 8],
      [0.4, 2, 4],
      [0.8, 1, 8],
    ]);
    const again = both.plan.nodes.find(({ id }) => id === 'keyframe 10 again')!;
    expect(again.inputs.anchor).toEqual([{ node: 'anchor 0 again', output: 'picture' }]); // each pass looks at its own
  });

  test('is drawn once more over itself, and that is the result', async () => {
    const both = await planned({ ...two, firstAgain: 0.5, secondAgain: 0.5, strength: 0.8 }, survey(11));
    expect(sourceOf(both, 'keyframe 10')).toEqual(['keyframe 10 second']);
    expect(sourceOf(both, 'keyframe 10 second')).toEqual(['keyframe 10 again']);
    const drawn = ['anchor 0 second', 'anchor 0'].map(id => both.plan.nodes.find(node => node.id === id)!);
    expect(drawn.map(({ options: { strength }, units }) => [strength, units])).toEqual([
      [0.8, 8],
      [0.4, 4],
    ]);
    const styles = ['first', 'again', 'second'].map(pass => both.plan.nodes.find(({ id }) => id === `conditioning ${pass}`)?.options.style);
    expect(styles).toEqual(['ink', 'ink', 'night']);
  });

  test('takes the colours from what it is drawn over, once, where it is asked to', async () => {
    const greys = ({ plan }: { plan: Plan }) => plan.nodes.flatMap(({ id, step }) => (step === 'grey-frame' ? [id] : []));
    expect(greys(await planned(two, survey(11)))).toEqual([]);
    const grey = await planned({ ...two, secondFrom: 'grey', firstAgain: 0.5 }, survey(11));
    expect(greys(grey)).toEqual(['grey drawn 0', 'grey drawn 10']);
    const latent = grey.plan.nodes.find(({ id }) => id === 'keyframe 10')!.inputs.latent![0]!.node;
    expect(grey.plan.nodes.find(({ id }) => id === latent)!.inputs.frame!.map(({ node }) => node)).toEqual(['grey drawn 10']);
    expect(greys(await planned({ ...two, secondFrom: 'grey', secondAgain: 0.5 }, survey(11)))).toEqual([
      'grey drawn 0 second',
      'grey drawn 10 second',
    ]);
  });

  test('of blanks alone is none', async () => {
    expect((await planned({ ...two, secondStyle: '  ' }, survey(11))).plan).toEqual(
      (await planned({ ...two, secondStyle: '' }, survey(11))).plan,
    );
  });

  test('begins at what the first drew, also where that began at noise', async () => {
    const { plan } = await planned({ ...two, fromNoise: true, strength: 0.5 }, survey(11));
    const steps = Object.fromEntries(plan.nodes.filter(isKey).map(({ id, units }) => [id, units]));
    expect([steps['anchor 0 first'], steps['anchor 0']]).toEqual([10, 5]);
  });

  test('has key frames with seeds of their own in both passes, beside those that others look at', async () => {
    const seeded = await planned({ ...two, keyframeSeed: ['10=7'], followEdits: false }, survey(21));
    expect(sourceOf(seeded, 'keyframe 10 seed 7')).toEqual(['keyframe 10 seed 7 first']);
    expect(sourceOf(seeded, 'keyframe 10')).toEqual(['keyframe 10 first']);
    expect(linksOf(seeded.plan)['keyframe 20']).toContain('previous: picture of keyframe 10');
    expect(seeded.keyframes[1]!.picture.node).toBe('keyframe 10 seed 7');
  });
});

describe('a plan', () => {
  test('covers every frame once, and each interval stands right behind the key frames that it needs', async () => {
    const { plan, parts, keyframes, shots } = await planned({}, survey(32, [21]));
    expect(shots).toEqual([
      { first: 0, last: 20 },
      { first: 21, last: 31 },
    ]);
    expect(parts.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => first + i))).toEqual(
      Array.from({ length: 32 }, (_, i) => i),
    );
    const place = new Map(plan.nodes.map(({ id }, i) => [id, i]));
    for (const node of plan.nodes) {
      for (const { node: other } of Object.values(node.inputs).flat()) expect(place.get(other)!).toBeLessThan(place.get(node.id)!);
    }
    const order = plan.nodes.filter(node => isKey(node) || node.step === 'interval').map(({ id }) => id.split(' ')[0]);
    expect(order.slice(0, 5)).toEqual(['anchor', 'keyframe', 'interval', 'keyframe', 'interval']);
    expect(keyframes.map(({ frame }) => frame)).toEqual([0, 10, 20, 21, 31]);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  test('one of a part of the clip has the same keys as the whole one, as far as it goes', async () => {
    const identities = { clip: { digest: 'a' }, model: { digest: 'b' } };
    const [short, long] = [await planned({}, survey(21)), await planned({}, survey(41))];
    const picturesOf = ({ plan, keyframes }: typeof short) => keyframes.map(({ picture }) => keysOf(plan, STEPS, identities)(picture));
    expect(picturesOf(long).slice(0, 3)).toEqual(picturesOf(short));
  });

  test('with colours of its own draws them once a shot, from its first frame', async () => {
    const { plan } = await planned({ colorPreserve: false }, survey(32, [21]));
    expect(plan.nodes.filter(({ step }) => step === 'colours').map(({ id }) => id)).toEqual(['colours 0', 'colours 21']);
    const latents = plan.nodes.filter(isKey).map(({ inputs }) => inputs.latent![0]!.node);
    expect(latents.every(id => id.startsWith('source-latent recoloured '))).toBe(true);
  });

  test('has a control image for each ControlNet and key frame', async () => {
    const use = { scale: 1, guess: false, start: 0, end: 1 };
    const controls = [
      { type: 'canny', ...use },
      { type: 'tile', ...use, scale: 0.5 },
    ];
    const { plan } = await planned({}, survey(11), { ...FACTS, controls });
    const keys = plan.nodes.filter(isKey);
    expect(keys.map(({ inputs }) => inputs.controls!.map(({ node }) => node))).toEqual([
      ['canny 0', 'control-image 0 1'],
      ['canny 10', 'control-image 10 1'],
    ]);
    expect(keys[0]!.params).toEqual({ frame: 0, controls: [use, { ...use, scale: 0.5 }] });
  });
});
