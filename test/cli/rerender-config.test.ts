// `--config` with a JSON config of Rerender A Video: the clip, the crop, the fusions and the output are those it names.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { look } from '../media/support.ts';
import { rerenderCommand } from '../support/cli.ts';
import { exampleClip } from '../support/example.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const CONFIG = {
  input: exampleClip(),
  output: join(folder, 'blend.mp4'),
  work_dir: folder,
  key_subdir: 'keys',
  frame_count: 4,
  interval: 3,
  crop: [0, 280, 0, 0],
  prompt: 'an oil painting',
  a_prompt: 'best quality',
  n_prompt: 'lowres',
  ddim_steps: 4,
  x0_strength: 0.95,
  control_type: 'canny',
  canny_low: 50,
  canny_high: 100,
  control_strength: 0.7,
  image_resolution: 128,
  seed: 0,
  warp_period: [0, 0.1],
  ada_period: [0.8, 1],
  freeu_args: [1.1, 1.2, 1, 0.2],
};

const write = (name: string, config: object): string => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(config));
  return path;
};

it('re-renders what the config names, and tells what its keys became', async () => {
  const path = write('rerender.json', CONFIG);
  // the embedded model has a tile ControlNet in place of a Canny one
  const { code, stderr } = await rerenderCommand(['--config', path, '--control', 'tile', '--work-dir', join(folder, 'work')]);
  expect(stderr).toContain('freeu_args [1.1,1.2,1,0.2] -> freeu [1.1,1.2,1,0.2]');
  expect(stderr).toContain('an oil painting, best quality');
  expect(code).toBe(0);
  const { streams, times } = look(CONFIG.output);
  expect([streams[0]!.width, streams[0]!.height].map(Number)).toEqual([360, 360]);
  expect(times(0).length).toBe(4);
  expect(existsSync(join(folder, 'keys', 'keyframe-000003.png'))).toBe(true);
});

it('refuses a key that Rerender does not know', async () => {
  const { code, stderr } = await rerenderCommand(['--config', write('wrong.json', { ...CONFIG, contrl_type: 'canny' })]);
  expect(code).toBe(2);
  expect(stderr).toContain('contrl_type');
  expect(stderr).toContain('control_type');
});
