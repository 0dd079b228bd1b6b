// Compares the ways of propagation with withheld frames of a filtered clip, and with EbSynth (docs/propagation.md):
// npx tsx bench/propagation.ts [CLIP] [--size 512] [--interval 10] [--intervals 2] [--jobs N] [--tiers patch,warp] [--motion coarse]
// [--steady 0] [--ebsynth PATH] [--json]
import { parseArgs } from 'node:util';
import type { Detail } from '../stages/flow/grid.ts';
import type { TierName } from '../stages/propagate/propagate.ts';
import { comparePropagation } from './propagation/comparison.ts';
import { reportText } from './propagation/report.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '512' },
    interval: { type: 'string', default: '10' },
    intervals: { type: 'string', default: '2' },
    jobs: { type: 'string', short: 'j' },
    tiers: { type: 'string', default: 'patch,warp,faithful' },
    motion: { type: 'string', default: 'fine' },
    steady: { type: 'string', default: '0.5' },
    ebsynth: { type: 'string' },
    json: { type: 'boolean' },
  },
});

const report = await comparePropagation({
  input: positionals[0] ?? 'examples/lakeside.mp4',
  size: Number(values.size),
  interval: Number(values.interval),
  intervals: Number(values.intervals),
  tiers: values.tiers.split(',') as TierName[],
  motion: values.motion as Detail,
  steady: Number(values.steady),
  jobs: values.jobs === undefined ? undefined : Number(values.jobs),
  ebsynth: values.ebsynth,
  signal: new AbortController().signal,
  onStep: what => console.error(`bench: ${what}`),
});
console.log(values.json ? JSON.stringify(report, undefined, 2) : reportText(report));
