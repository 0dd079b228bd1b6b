// What a change of an option redoes: the table of docs/options.md, held against plans of real sessions.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OPTION_NAMES } from '../../config/layers.ts';
import type { OptionName } from '../../config/options.ts';
import { findPreset } from '../../config/presets.ts';
import { keysOf, stepOf } from '../../pipeline/graph/key.ts';
import { openSession, type PlannedClip, type Request } from '../../pipeline/index.ts';
import { STEPS } from '../../pipeline/steps/table.ts';
import { CONTEXT, OTHER, redoneBy } from '../../scripts/option-changes.ts';
import { exampleClip } from '../support/example.ts';
import { temporaryFolder } from '../support/temporary.ts';

const workDir = join(temporaryFolder(), 'store');
const BASE: Request = {
  input: exampleClip(),
  style: 'an oil painting',
  size: 64,
  steps: 8,
  cfgScale: 2,
  strength: 0.75,
  sampler: 'ddim',
  freeu: { b1: 1.1, b2: 1.2, s1: 1, s2: 0.2 },
  freeuStages: 'channels',
  control: ['canny', 'tile'],
  crossPeriod: [0, 1],
  warpPeriod: [0, 0.1],
  maskPeriod: [0.5, 0.8],
  adaPeriod: [0.8, 1],
  maskNoise: 'fresh',
  workDir,
};

/** Options that name files which are not here; what they name is known by its content, as of `control` and `model` below. */
const ABSENT: readonly OptionName[] = [
  ...(['model', 'modelFolders', 'vae', 'variant', 'modelConfig', 'lora', 'embedding', 'ffmpeg', 'ffprobe'] as const),
  ...(['keyframe', 'keyframes', 'followEdits', 'anchorImage'] as const), // test/pipeline/supplied.test.ts
];

/** Options that matter to clips of a kind that the example is not. */
const NOT_HERE: readonly OptionName[] = ['deinterlace', 'device', 'intervalMin'];

const keysIn = ({ plan, leaves }: PlannedClip): { step: string; key: string }[] => {
  const keyOf = keysOf(plan, STEPS, leaves);
  return plan.nodes.flatMap(node =>
    Object.keys(stepOf(STEPS, node).outputs).map(output => ({ step: node.step, key: keyOf({ node: node.id, output }) })),
  );
};

const plan = async (request: Request): Promise<PlannedClip> => {
  const session = await openSession(request);
  try {
    return await session.plan();
  } finally {
    await session.close();
  }
};

const plans = new Map<string, Promise<PlannedClip>>();
const planOnce = (request: Request): Promise<PlannedClip> => {
  const id = JSON.stringify(request);
  const found = plans.get(id) ?? plan(request);
  plans.set(id, found);
  return found;
};

describe('a change of', { timeout: 60_000 }, () => {
  test.each(OPTION_NAMES.filter(name => !ABSENT.includes(name)))('%s redoes what the table says', async name => {
    const { init: _init, ...context } = CONTEXT[name] ?? {};
    const request = { ...BASE, ...context };
    const changes = name === 'preset' ? findPreset(String(OTHER.preset)) : { [name]: OTHER[name] };
    const before = await planOnce(request);
    const after = await plan({ ...request, ...(name === 'workDir' || name === 'cache' ? { cache: false } : changes) });
    const present = new Set(keysIn(before).map(({ key }) => key));
    const redone = new Set(keysIn(after).flatMap(({ step, key }) => (present.has(key) ? [] : [step])));
    const table = redoneBy(name, ['keyframes']);
    if (NOT_HERE.includes(name)) expect(table).toEqual(expect.arrayContaining([...redone]));
    else expect(Object.keys(STEPS).filter(step => redone.has(step))).toEqual(table);
  });
});
