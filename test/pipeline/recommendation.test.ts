// What a model folder recommends for itself in rerender.json is data of whoever made it.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { embeddedModel } from '../../config/paths.ts';
import { fewSteps } from '../../models/open/few-steps.ts';
import { tellDistilled } from '../../pipeline/session/distilled.ts';
import { recommendation, settleRun } from '../../pipeline/session/settle.ts';
import { rerenderCommand } from '../support/cli.ts';
import { exampleClip } from '../support/example.ts';
import { namedPipe } from '../support/pipe.ts';
import { temporaryFolder } from '../support/temporary.ts';

const root = temporaryFolder();
const modelWith = (text: string): string => {
  const folder = mkdtempSync(join(root, 'model-'));
  writeFileSync(join(folder, 'rerender.json'), text);
  return folder;
};
const adviceOf = (text: string) => settleRun([{ origin: { kind: 'flag' }, values: { model: modelWith(text), preset: 'mosaic' } }]);

describe('the recommendation of a model', () => {
  it('of the embedded one holds, with that for a preset above it', async () => {
    const { options, origins } = await settleRun([{ origin: { kind: 'flag' }, values: { preset: 'mosaic' } }]);
    expect([options.steps, options.maskPeriod, origins.maskPeriod]).toEqual([4, [0, 1], { kind: 'model', detail: 'for preset mosaic' }]);
    expect((await recommendation(embeddedModel)).presets.has('mosaic')).toBe(true);
  });

  it('is what `auto` takes for FreeU, whoever says it', async () => {
    const advice = { b1: 1.1, b2: 1.2, s1: 1, s2: 0.9 };
    for (const values of [{}, { freeu: 'auto' }, { freeu: 'auto', preset: 'rerender' }]) {
      const { options, origins } = await settleRun([{ origin: { kind: 'request' }, values }]);
      expect([options.freeu, origins.freeu]).toEqual([advice, { kind: 'model' }]);
    }
    const { options } = await settleRun([{ origin: { kind: 'request' }, values: { freeu: 'auto', freeuB2: 1.6 } }]);
    expect(options.freeu).toEqual({ ...advice, b2: 1.6 });
  });

  it('is none of an ordinary model: FreeU takes the row of its family, by the job', async () => {
    const folder = mkdtempSync(join(root, 'stable-diffusion-v1-5-'));
    const [named, base] = [join(folder, 'stable-diffusion-2-1'), join(folder, 'stable-diffusion-v1-5')];
    for (const path of [folder, named, base]) {
      mkdirSync(join(path, 'unet'), { recursive: true });
      writeFileSync(join(path, 'unet', 'config.json'), JSON.stringify({ use_linear_projection: path === named }));
    }
    const rowOf = async (model: string, purpose?: 'prompt', more = {}) => {
      const settled = await settleRun([{ origin: { kind: 'flag' }, values: { model, ...more } }], purpose);
      return [settled.options.freeu, settled.freeuChoice, settled.origins.freeu.kind];
    };
    const [rerender, lower] = [
      { b1: 1.1, b2: 1.2, s1: 1, s2: 0.2 },
      { b1: 1.1, b2: 1.2, s1: 0.9, s2: 0.2 },
    ];
    const auto = (why: string) => ({ row: 'auto', why: expect.stringContaining(why) });
    expect(await rowOf(folder)).toEqual([lower, auto('is no name of Stable Diffusion 1 itself: a fine-tune'), 'default']);
    expect(await rowOf(base)).toEqual([rerender, auto("Rerender's, for key frames with Stable Diffusion 1"), 'default']);
    expect(await rowOf(base, undefined, { lora: ['a.safetensors'] })).toEqual([lower, auto('as a LoRA is merged in'), 'default']);
    expect(await rowOf(base, undefined, { lora: ['a.safetensors:0'] })).toEqual(await rowOf(base));
    expect(await rowOf(folder, 'prompt')).toEqual([lower, auto('as the model is none that the authors name'), 'default']);
    expect(await rowOf(named)).toEqual([lower, auto('for key frames with Stable Diffusion 2'), 'default']);
    expect(await rowOf(named, 'prompt')).toEqual([{ b1: 1.4, b2: 1.6, s1: 0.9, s2: 0.2 }, auto('Stable Diffusion 2.1'), 'default']);
    expect(await rowOf(named, 'prompt', { lora: ['a.safetensors'] })).toEqual([lower, auto('as a LoRA is merged in'), 'default']);
    const authors = { row: 'authors', why: "the authors' for Stable Diffusion 2.1" };
    expect(await rowOf(named, undefined, { freeu: 'authors' })).toEqual([{ b1: 1.4, b2: 1.6, s1: 0.9, s2: 0.2 }, authors, 'flag']);
  });

  it.each([
    ['null', /rerender\.json must hold one JSON object of options/],
    ['[]', /must hold one JSON object/],
    ['"steps"', /must hold one JSON object/],
    ['{', /rerender\.json is not JSON/],
    ['{"presets": null}', /rerender\.json: presets must be an object/],
    ['{"presets": [1]}', /rerender\.json: presets must be an object/],
    ['{"presets": {"mosaic": null}}', /rerender\.json, preset mosaic must be an object/],
    ['{"presets": {"mosaic": {"ffmpeg": "./x"}}}', /rerender\.json, preset mosaic sets ffmpeg, which no model may set/],
    ['{"presets": {"other": {"output": "/etc/x"}}}', /rerender\.json, preset other sets output, which no model may set/],
    ['{"__proto__": {"steps": 3}}', /rerender\.json: unknown option __proto__/],
    ['{"constructor": 1}', /rerender\.json: unknown option constructor/],
    ['{"model": "/other"}', /rerender\.json sets model, which no model may set/],
    ['{"vae": "../other"}', /rerender\.json sets vae/],
    ['{"lora": ["../other"]}', /rerender\.json sets lora/],
  ])('%s is told in one sentence', async (text, message) => {
    await expect(adviceOf(text)).rejects.toThrow(message);
    await expect(adviceOf(text)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it.each(['constructor', '__proto__', 'toString'])('a preset called %s is none', async preset => {
    const values = { model: modelWith('{"steps": 3}'), preset };
    await expect(settleRun([{ origin: { kind: 'flag' }, values }])).rejects.toThrow(`--preset ${preset} is not known`);
  });

  it.skipIf(process.platform === 'win32')(
    'a pipe, an endless file, a folder and a large file are refused, and not waited for',
    async () => {
      const pipe = mkdtempSync(join(root, 'pipe-'));
      namedPipe(join(pipe, 'rerender.json'));
      const endless = mkdtempSync(join(root, 'endless-'));
      symlinkSync('/dev/zero', join(endless, 'rerender.json'));
      const nested = mkdtempSync(join(root, 'nested-'));
      mkdirSync(join(nested, 'rerender.json'));
      for (const folder of [pipe, endless, nested]) await expect(recommendation(folder)).rejects.toThrow(/rerender\.json cannot be read/);
      await expect(recommendation(modelWith(' '.repeat(2e6)))).rejects.toThrow(/2000000 bytes/);
    },
  );

  it('runs no program and replaces no file, in a real run', async () => {
    const marker = join(root, 'marker');
    const evil = join(root, 'evil.sh');
    writeFileSync(evil, `#!/bin/sh\necho ran >> '${marker}'\n`);
    chmodSync(evil, 0o755);
    const precious = join(root, 'precious.mp4');
    writeFileSync(precious, 'precious');
    const folder = modelWith(JSON.stringify({ ffmpeg: evil, ffprobe: evil, output: precious, overwrite: true }));
    const clip = exampleClip();
    for (const args of [[clip, '--style', 'ink', '--dry-run'], ['doctor'], ['config']]) {
      const { code, stderr } = await rerenderCommand([...args, '--model', folder]);
      expect([code, existsSync(marker)]).toEqual([2, false]);
      expect(stderr).toMatch(/^rerender: .*rerender\.json sets ffmpeg, which no model may set: [^\n]*\n$/);
    }
  });
});

describe('what says Lightning, Turbo, Hyper-SD or LCM', () => {
  type Facts = Parameters<typeof fewSteps>[0];
  const LIGHTNING: Facts = { path: 'a/sdxl_lightning_4step.safetensors' };
  const told = (
    facts: Facts,
    values: Partial<Parameters<typeof tellDistilled>[1]> = {},
    spacing: 'leading' | 'trailing' = 'leading',
  ): string[] => {
    const warnings: string[] = [];
    const found = fewSteps(facts);
    const used = { steps: 20, cfgScale: 7.5, sampler: 'ddim', ...values } as const;
    tellDistilled({ spacing, fewSteps: found ? [found] : [] }, used, message => warnings.push(message));
    return warnings;
  };
  const title = (text: string) => ({ path: 'x.safetensors', marks: { title: { text, key: 'modelspec.title' } } });
  const scheduler = (values: Record<string, unknown>): Facts => ({ path: 'x', scheduler: values });

  it('asks for few steps, no guidance and trailing spacing, each where the run has another', () => {
    expect(told(LIGHTNING)).toEqual([
      'sdxl_lightning_4step is made for few steps without guidance (Lightning), as its name says: ' +
        '--steps 4 --cfg-scale 1 --spacing trailing (docs/sdxl.md)',
    ]);
    expect(told(LIGHTNING, { steps: 4 }, 'trailing')[0]).toMatch(/says: --cfg-scale 1 \(/);
    expect(told(LIGHTNING, { steps: 8, cfgScale: 2 }, 'trailing')).toEqual([]);
  });

  it.each<[Facts, RegExp | undefined]>([
    [{ path: 'turbo/base.safetensors' }, undefined],
    [{ path: '/hub/models--stabilityai--sdxl-turbo/snapshots/1' }, /^sdxl-turbo is made .* \(Turbo\), as its name says/],
    [title('SDXL Turbo 1.0'), /\(Turbo\), as its metadata \(modelspec\.title "SDXL Turbo 1\.0"\) says: --steps 4 /],
    [title('Balcm'), undefined],
    [scheduler({ _class_name: 'EulerAncestralDiscreteScheduler', timestep_spacing: 'trailing' }), /as its scheduler \(EulerAnc.* trailing/],
    [scheduler({ _class_name: 'EulerDiscreteScheduler', timestep_spacing: 'leading' }), undefined],
    [scheduler({ _class_name: 'EulerDiscreteScheduler', timestep_spacing: 'trailing', prediction_type: 'v_prediction' }), undefined],
    [scheduler({ _class_name: 'LCMScheduler' }), /\(LCM\), as its scheduler \(LCMScheduler\) says: .* --sampler lcm \(/],
    [{ path: 'lcm-lora-sdv1-5' }, /\(LCM\), as its name says: --steps 4 --cfg-scale 1 --sampler lcm/],
    [{ path: 'x', unet: { time_cond_proj_dim: 256 } }, /few steps \(LCM\), as its U-Net, which reads .* says: --steps 4 --sampler lcm/],
  ])('%j', (facts, due) => {
    const [message, ...more] = told(facts);
    expect(more).toEqual([]);
    if (due) expect(message).toMatch(due);
    else expect(message).toBeUndefined();
  });

  it('takes the own sampler of an LCM as its own', () => {
    const lcm = scheduler({ _class_name: 'LCMScheduler' });
    expect(told(lcm, { sampler: 'auto', steps: 4, cfgScale: 1 })).toEqual([]);
    expect(told({ path: 'x-lcm' }, { sampler: 'auto', steps: 4, cfgScale: 1 })[0]).toMatch(/says: --sampler lcm \(/);
  });
});
