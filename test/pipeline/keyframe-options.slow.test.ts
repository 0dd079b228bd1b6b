// What the options that tie key frames change of them, and what they do not.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type PartialOptions, planRun } from '../../pipeline/index.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { drawFew, FEW } from './few-keyframes.ts';

const folder = temporaryFolder();
const { work, draw, left } = drawFew(folder);
const KEYFRAMES = ['anchor', 'keyframe'];

let whole: Record<string, Buffer>;
beforeAll(async () => {
  whole = await draw();
});

test('come out nearly the same with states in single precision', async () => {
  const single = await draw({ bankPrecision: 'fp32' });
  expect(single['000000']).toEqual(whole['000000']);
  for (const name of ['000004', '000011']) {
    const differences = single[name]!.map((v, i) => Math.abs(v - whole[name]![i]!));
    expect(differences.reduce((a, b) => a + b, 0) / differences.length).toBeLessThan(1);
  }
});

test('do not depend on the key frames that they do not look at', async () => {
  const alone = await draw({ crossPeriod: 'off', warpPeriod: 'off', maskPeriod: 'off', adaPeriod: 'off' });
  const first = await draw({ crossPeriod: 'off', warpPeriod: 'off', maskPeriod: 'off', adaPeriod: 'off', interval: 11 });
  expect(first['000011']).toEqual(alone['000011']);
  expect(alone['000011']).not.toEqual(whole['000011']);
  expect(alone['000000']).toEqual(whole['000000']);
});

test('change with every option that ties them, behind the anchor alone', async () => {
  const changes: PartialOptions[] = [{ looseCfattn: false }, { maskStrength: 0.9 }, { anchor: 'refresh 2' }];
  for (const change of changes) {
    const drawn = await draw(change);
    expect(drawn['000000']).toEqual(whole['000000']);
    expect(drawn['000011']).not.toEqual(whole['000011']);
  }
});

// Steps of one prompt leave states of one, shallow steps those of the outer layers alone; the second pass begins with a whole step.
test('come out alike with guidance in a part of the steps, and with the whole U-Net at every second', async () => {
  for (const change of [{ guidanceStart: 0.5 }, { deepCache: 2 }, { deepCache: 2, guidanceEnd: 0.6 }] as PartialOptions[]) {
    const drawn = await draw(change);
    expect(Object.keys(drawn)).toEqual(Object.keys(whole));
    for (const [name, pixels] of Object.entries(drawn)) {
      const differences = pixels.map((value, i) => Math.abs(value - whole[name]![i]!));
      const mean = differences.reduce((a, b) => a + b, 0) / pixels.length;
      expect(mean).toBeGreaterThan(0);
      expect(mean).toBeLessThan(40);
    }
  }
});

test('start from noise of their own when asked to, each the same whatever is drawn beside it', async () => {
  const untied = { crossPeriod: 'off', warpPeriod: 'off', maskPeriod: 'off', adaPeriod: 'off', startNoise: 'own' } as const;
  const own = await draw(untied);
  expect(own['000004']).not.toEqual((await draw({ ...untied, startNoise: 'shared' }))['000004']);
  expect((await draw({ ...untied, interval: 11 }))['000011']).toEqual(own['000011']);
});

test('carry a second style, and come out when the first is taken away', async () => {
  const two = { secondStyle: 'a night scene', firstCfgScale: FEW.cfgScale, firstAgain: 0, secondAgain: 0 };
  const pictures = () => left(...KEYFRAMES).length;
  const before = pictures();
  const night = await draw(two);
  expect(pictures()).toBe(before + 4); // those of the first style were there
  expect(night['000004']).not.toEqual(whole['000004']);
  for (const file of left('keyframe')) rmSync(file);
  expect(await draw(two)).toEqual(night);
  expect(await draw()).toEqual(whole);
  const { work: counted, ...plan } = await planRun({ ...FEW, ...two, output: join(folder, 'two.mp4'), workDir: work });
  expect(plan).toMatchObject({ style: FEW.style, secondStyle: 'a night scene' });
  expect(counted).toMatchObject({ unetCalls: 2 * (4 + 3 * (4 + 2)), unetCallsCached: counted.unetCalls });
  const guided = { ...FEW, ...two, cfgScale: 1, firstCfgScale: 2, output: join(folder, 'two.mp4'), workDir: work };
  expect((await planRun(guided)).work).toMatchObject({ unetCalls: counted.unetCalls, unguidedCalls: counted.unetCalls / 2 });
});

test('take on the style’s own colours when the source’s are not to be preserved', async () => {
  const drawn = await draw({ colorPreserve: false });
  expect(drawn['000000']).not.toEqual(whole['000000']);
  expect(left('colours').length).toBe(1);
});
