// Configs of Rerender A Video: every key becomes something, an unknown one is refused, and the result settles.
import { describe, expect, it } from 'vitest';
import { settle } from '../../config/layers.ts';
import { importRerenderJson, importText, isRerenderJson } from '../../config/rerender-json.ts';

const settled = (config: Record<string, unknown>) =>
  settle([{ origin: { kind: 'file', detail: 'rerender.json' }, values: importRerenderJson(config, 'rerender.json').values }]).options;

const SCULPTURE = {
  input: 'videos/clip.mp4',
  output: 'videos/clip/blend.mp4',
  work_dir: 'videos/clip',
  key_subdir: 'keys',
  sd_model: 'models/some.safetensors',
  frame_count: 102,
  interval: 10,
  crop: [0, 180, 0, 0],
  prompt: 'a sculpture',
  a_prompt: 'best quality',
  n_prompt: 'lowres',
  x0_strength: 0.95,
  control_type: 'canny',
  canny_low: 50,
  canny_high: 100,
  control_strength: 0.7,
  seed: 0,
  warp_period: [0, 0.1],
  ada_period: [0.8, 1],
  freeu_args: [1.1, 1.2, 1.0, 0.2],
};

describe('a config like those that Rerender ships', () => {
  it('is told from one of this program', () => {
    expect(isRerenderJson(SCULPTURE)).toBe(true);
    expect(isRerenderJson({ style: 'an oil painting', steps: 20 })).toBe(false);
  });

  it('becomes the options of the same meaning', () => {
    expect(settled(SCULPTURE)).toMatchObject({
      output: 'videos/clip/blend.mp4',
      previews: 'videos/clip/keys',
      model: 'models/some.safetensors',
      frames: [0, 101],
      interval: 10,
      crop: '0,180,0,0',
      style: 'a sculpture, best quality',
      negativePrompt: 'lowres',
      strength: 0.95,
      strengthSteps: 'whole',
      fromNoise: false,
      control: ['canny'],
      controlScale: 0.7,
      cannyLow: 50,
      cannyHigh: 100,
      seed: 0,
      warpPeriod: [0, 0.1],
      adaPeriod: [0.8, 1],
      freeu: { b1: 1.1, b2: 1.2, s1: 1, s2: 0.2 },
      sizeMultiple: 64,
      looseCfattn: false,
    });
  });

  it('says of each key what it became', () => {
    const lines = importText(importRerenderJson(SCULPTURE, 'rerender.json'));
    expect(lines.length).toBe(Object.keys(SCULPTURE).length);
    expect(lines).toContain('canny_low 50 -> cannyLow 50');
    expect(lines).toContain('a_prompt "best quality" -> (joined to the prompt)');
  });
});

describe('what is particular to Rerender', () => {
  const base = { input: 'a.mp4', output: 'b.mp4', prompt: 'p' };

  it.each([-1, 1.05])('a strength of %d begins at noise alone', x0_strength => {
    expect(settled({ ...base, x0_strength }).fromNoise).toBe(true);
  });

  it('without a strength it begins at noise, with HED and without FreeU, AdaIN and loose attention', () => {
    expect(settled(base)).toMatchObject({ fromNoise: true, control: ['hed'], freeu: 'off', adaPeriod: 'off', looseCfattn: false });
  });

  it.each([
    [1, 10, 1],
    [10, 10, 1],
    [20, 10, 2],
    [3, 10, 3],
    [15, 10, 3],
  ])('style_update_freq %d at an interval of %d updates at every %dth key frame', (style_update_freq, interval, expected) => {
    expect(settled({ ...base, interval, style_update_freq }).styleUpdateFreq).toBe(expected);
  });

  it('periods that end before they begin never fire, and seed -1 is a random one', () => {
    expect(settled({ ...base, mask_period: [1, 0] }).maskPeriod).toBe('off');
    expect(Number.isInteger(settled({ ...base, seed: -1 }).seed)).toBe(true);
  });

  it('the old spelling of color_preserve counts', () => {
    expect(settled({ ...base, color_perserve: false }).colorPreserve).toBe(false);
  });

  it('an unknown key is refused by its name', () => {
    expect(() => importRerenderJson({ ...base, x0_strenght: 1 }, 'my.json')).toThrow(/my\.json.*x0_strenght.*x0_strength/);
  });
});
