// Every option of the table against every job: what a job has no use for is refused where it was given to that job.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Job } from '../../config/jobs.ts';
import { environmentName, OPTION_NAMES } from '../../config/layers.ts';
import type { OptionSpec } from '../../config/option.ts';
import { OPTIONS, type OptionName } from '../../config/options.ts';
import { isDirect, type OriginKind } from '../../config/origin.ts';
import { longFlag } from '../../config/parse.ts';
import { refuseUnread } from '../../config/unread.ts';
import { generate, keyframes, metrics, planRun, rerender } from '../../pipeline/index.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const video = join(folder, 'video');
mkdirSync(join(video, 'unet'), { recursive: true });
writeFileSync(join(video, 'unet', 'config.json'), '{"_class_name": "UNet3DConditionModel"}');
const absent = join(folder, 'absent.mp4');

/** A value that keeps the option's rule, and those that bind it to others. */
const sampleOf = (name: OptionName): unknown => {
  const spec: OptionSpec = OPTIONS[name];
  if (spec.default !== undefined) return spec.default;
  if (name === 'crop') return '0,0,0,0';
  if (name === 'preset') return 'oil';
  if (name === 'keyframesAt') return '4';
  switch (spec.type) {
    case 'number':
    case 'integer':
      return spec.min;
    case 'time':
      return 1;
    case 'range':
      return [0, 1];
    case 'choice':
      return spec.choices[0];
    default:
      return 'x';
  }
};

/** Calls of the library that end before anything is drawn: there is no clip, or no prompt. */
const CALLS: Partial<Record<Job, (given: Record<string, unknown>) => Promise<unknown>>> = {
  rerender: given => rerender({ input: absent, ...given }),
  windows: given => planRun({ input: absent, model: video, ...given }),
  keyframes: given => keyframes({ input: absent, ...given }),
  pictures: given => generate(given),
  clips: given => generate({ model: video, ...given }),
  metrics: given => metrics({ input: absent, output: absent, ffmpeg: absent, ...given } as Parameters<typeof metrics>[0]),
};

/** Fields of a call that are no options there, or that make it draw. */
const OTHERS: readonly OptionName[] = ['model', 'style', 'preset', 'output'];

describe.each(Object.entries(CALLS))('%s', (job, call) => {
  test.each(OPTION_NAMES.filter(name => !OTHERS.includes(name)))('%s', async name => {
    const read = (OPTIONS[name].for as readonly string[]).includes(job);
    const error = await call({ [name]: sampleOf(name) }).then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error).toBeInstanceOf(Error);
    if (read) expect(error!.message).not.toMatch(/ belongs to /);
    else expect(error!.message).toMatch(new RegExp(`^options: ${name} belongs to .*; .* no use for it\\.$`));
  });
});

test.each<OriginKind>(['flag', 'request', 'environment', 'file', 'user file', 'preset', 'model', 'default'])(
  'values of many jobs may stand together where the origin is not the call: %s',
  kind => {
    for (const name of OPTION_NAMES) {
      const check = () => refuseUnread([{ origin: { kind }, values: { [name]: sampleOf(name) } }], ['doctor']);
      const unread = !(OPTIONS[name].for as readonly string[]).includes('doctor');
      if (unread && isDirect({ kind })) expect(check).toThrow(/ belongs to /);
      else expect(check).not.toThrow();
    }
  },
);

test('what an option belongs to is told by command, and by kind of model where that decides', () => {
  const refused = (name: OptionName, job: Job) => () =>
    refuseUnread([{ origin: { kind: 'flag' }, values: { [name]: sampleOf(name) } }], [job]);
  const window = '--window belongs to video models in `rerender INPUT`;';
  expect(refused('window', 'keyframes')).toThrow(`${window} \`rerender keyframes\` has no use for it.`);
  expect(refused('window', 'rerender')).toThrow(`${window} image models in \`rerender INPUT\` have no use for it.`);
  expect(refused('window', 'clips')).toThrow(`${window} \`rerender generate\` has no use for it.`);
  expect(refused('audio', 'keyframes')).toThrow(
    '--no-audio belongs to `rerender INPUT` and `rerender compare`; `rerender keyframes` has no use for it.',
  );
});

test('every option is read by a job, and has a flag and a variable of its own', () => {
  for (const name of OPTION_NAMES) expect(OPTIONS[name].for.length).toBeGreaterThan(0);
  expect(new Set(OPTION_NAMES.map(name => longFlag(OPTIONS[name]))).size).toBe(OPTION_NAMES.length);
  expect(new Set(OPTION_NAMES.map(environmentName)).size).toBe(OPTION_NAMES.length);
});
