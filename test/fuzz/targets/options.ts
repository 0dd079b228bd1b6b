// Files of options: a model's rerender.json, rerender.config.json, configs of Rerender A Video.
import { join } from 'node:path';
import { gatherSources } from '../../../cli/sources.ts';
import { settle } from '../../../config/layers.ts';
import { importText } from '../../../config/rerender-json.ts';
import { settleRun } from '../../../pipeline/session/settle.ts';
import { damageJson } from '../damage-json.ts';
import { UNET } from '../fixtures.ts';
import { type Target, type Try, withBytes, write } from '../target.ts';

const OPTIONS = {
  steps: 20,
  cfgScale: 7.5,
  strength: 0.7,
  seed: 3,
  size: 256,
  freeu: { b1: 1.1, b2: 1.2, s1: 0.9, s2: 0.8 },
  sampler: 'ddim',
  crossPeriod: [0, 1],
  maskPeriod: 'off',
  control: ['canny'],
  frames: [0, 9],
  interval: 'auto',
  style: 'oil',
};

const recommendation: Target = {
  name: 'rerender.json',
  inputs: 200,
  prepare(folder): Try {
    const file = join(folder, 'rerender.json');
    write(join(folder, 'unet', 'config.json'), JSON.stringify(UNET));
    write(file, '{}');
    const { style: _, frames: __, ...drawing } = OPTIONS;
    return random =>
      withBytes(file, damageJson({ ...drawing, presets: { oil: { steps: 9 } } }, random), () =>
        settleRun([{ origin: { kind: 'flag' }, values: { model: folder, preset: 'oil' } }]),
      );
  },
};

const config: Target = {
  name: 'rerender.config.json',
  inputs: 200,
  prepare(folder): Try {
    const file = join(folder, 'my.json');
    write(file, '{}');
    return random => withBytes(file, damageJson(OPTIONS, random), async () => settle([...(await gatherSources(file, {})).layers]));
  },
};

const RERENDER = {
  input: 'videos/pexels.mp4',
  output: 'videos/out.mp4',
  work_dir: 'videos/work',
  key_subdir: 'keys',
  frame_count: 102,
  interval: 10,
  crop: [0, 180, 0, 0],
  sd_model: null,
  prompt: 'a beautiful woman in CG style',
  a_prompt: 'best quality',
  n_prompt: 'bad',
  control_type: 'canny',
  control_strength: 0.7,
  canny_low: 50,
  canny_high: 100,
  seed: 0,
  x0_strength: 0.75,
  warp_period: [0, 0.1],
  ada_period: [0.8, 1],
  style_update_freq: 10,
  freeu_args: [1.1, 1.2, 1, 0.2],
};

const rerender: Target = {
  name: 'rerender-a-video',
  inputs: 200,
  prepare(folder): Try {
    const file = join(folder, 'config.json');
    write(file, '{}');
    return random =>
      withBytes(file, damageJson(RERENDER, random), async () => {
        const { imported, layers } = await gatherSources(file, {});
        if (imported) importText(imported);
        return settle([...layers]);
      });
  },
};

export const OPTION_TARGETS: readonly Target[] = [recommendation, config, rerender];
