// Counts the denoising steps of a key frame against the published algorithm's, which runs every step of both passes: npx tsx bench/keyframes.ts
import type { FusionSettings } from '../stages/keyframes/settings.ts';
import { planSteps, publishedCounts, stepCounts } from '../stages/keyframes/work.ts';

const FUSION: FusionSettings = {
  cross: [0, 1],
  loose: true,
  warp: [0, 0.1],
  ada: [0.8, 1],
  mask: [0.5, 0.8],
  maskStrength: 0.5,
  innerStrength: 0.9,
  smoothBoundary: true,
};

const CASES: [name: string, steps: number, begin: number | 'noise'][] = [
  ['20 steps from noise', 20, 'noise'],
  ['20 steps, strength 1', 20, 0],
  ['20 steps, strength 0.75', 20, 5],
  ['20 steps, strength 0.5', 20, 10],
  ['50 steps from noise', 50, 'noise'],
  ['8 steps, strength 0.75', 8, 2],
];

console.log('denoising steps (a step is a guidance pair: 2 calls of the U-Net, in one batch here)');
console.log(`${''.padEnd(26)}anchor      key frame   share`);
for (const [name, steps, begin] of CASES) {
  const plan = planSteps({ steps, begin, fusion: FUSION });
  const [ours, published] = [stepCounts(plan), publishedCounts(plan)];
  const row = [
    `${ours.anchor} of ${published.anchor}`,
    `${ours.key} of ${published.key}`,
    `${((100 * ours.key) / published.key).toFixed(1)} %`,
  ];
  console.log(
    name.padEnd(26) +
      row
        .map(text => text.padEnd(12))
        .join('')
        .trimEnd(),
  );
}
