import { describe, expect, test } from 'vitest';
import { UsageError } from '../../config/errors.ts';
import { environmentName, type Layer, OPTION_NAMES, settle } from '../../config/layers.ts';
import { OPTIONS } from '../../config/options.ts';
import { type OriginKind, originText } from '../../config/origin.ts';
import { PRESETS } from '../../config/presets.ts';
import { SAMPLERS } from '../../config/samplers.ts';

const layer = (origin: string, values: Record<string, unknown>): Layer => ({
  origin: ['flag', 'environment', 'request', 'default'].includes(origin)
    ? { kind: origin as OriginKind }
    : { kind: 'file', detail: origin },
  values,
});

describe('layers', () => {
  test('the first layer that names an option decides, and is its origin', () => {
    const { options, origins } = settle([
      layer('flag', { steps: '8' }),
      layer('environment', { steps: '30', seed: '7' }),
      layer('a.json', { seed: 9, crf: 20 }),
    ]);
    expect([options.steps, options.seed, options.crf]).toEqual([8, 7, 20]);
    expect([origins.steps, origins.seed, origins.crf, origins.size]).toEqual([
      { kind: 'flag' },
      { kind: 'environment' },
      { kind: 'file', detail: 'a.json' },
      { kind: 'default' },
    ]);
    expect(originText(origins.crf)).toBe('a.json');
  });

  test('a weaker layer is validated even where a stronger one decides', () => {
    expect(() => settle([layer('flag', { steps: '8' }), layer('a.json', { steps: 'many' })])).toThrow(
      /a\.json: steps must be a whole number from 1 to 1000; got "many"/,
    );
  });

  test('an unknown key is refused with the nearest known one', () => {
    expect(() => settle([layer('a.json', { strenght: 0.5 })])).toThrow('a.json: unknown option strenght. Did you mean strength?');
  });

  test.each([
    ['steps', '0', '--steps must be a whole number from 1 to 1000; got "0".'],
    ['steps', '2.5', '--steps must be a whole number from 1 to 1000; got "2.5".'],
    ['strength', '1.01', '--strength must be a number from 0 to 1; got "1.01".'],
    ['strength', 'NaN', '--strength must be a number from 0 to 1; got "NaN".'],
    ['cfgScale', '', '--cfg-scale must be a number from 0 to 50; got "".'],
    ['start', '1:2:3:4', '--start must be a time such as 90, 1:30 or 00:01:30.5; got "1:2:3:4".'],
    [
      'frames',
      '9-3',
      '--frames must be two frame numbers a-b, the first not after the last, from 0, or how many frames to take; got "9-3".',
    ],
    ['freeu', '1,2,3', '--freeu must be auto, authors, rerender, off, or four factors b1,b2,s1,s2 from -1 to 10; got "1,2,3".'],
    ['freeu', '1,2,3,', '--freeu must be auto, authors, rerender, off, or four factors b1,b2,s1,s2 from -1 to 10; got "1,2,3,".'],
    ['sampler', 'dimm', `--sampler must be one of ${SAMPLERS.join(', ')}; got "dimm".`],
    ['seed', '-1', '--seed must be a whole number from 0 to 9007199254740991, or random; got "-1".'],
  ])('%s = %j is refused with its rule', (name, value, message) => {
    expect(() => settle([layer('flag', { [name]: value })])).toThrow(new UsageError(message));
  });

  test.each([
    ['start', '90', 90],
    ['start', '1:30', 90],
    ['start', '00:01:30.5', 90.5],
    ['frames', '3-9', [3, 9]],
    ['freeu', '1.5,1.6,0.9,0.2', { b1: 1.5, b2: 1.6, s1: 0.9, s2: 0.2 }],
    ['freeu', { b1: 1, b2: 1, s1: 0, s2: 1 }, { b1: 1, b2: 1, s1: 0, s2: 1 }],
    ['freeu', 'off', 'off'],
    ['control', 'none', ['none']],
    ['audio', 'false', false],
    ['cfgScale', 7, 7],
  ])('%s = %j is read as %j', (name, value, expected) => {
    expect(settle([layer('request', { [name]: value })]).options[name as 'start']).toEqual(expected);
  });

  test.each([
    [{ end: 3, duration: 2 }, /exclude each other/],
    [{ frames: '0-3', start: 1 }, /give the range in one way/],
    [{ start: 5, end: 5 }, /--end \(5 s\) must be after --start \(5 s\)/],
    [{ freeuStart: 0.6, freeuEnd: 0.5 }, /--freeu-end/],
    [{ cannyLow: 200, cannyHigh: 100 }, /--canny-high/],
  ])('%j contradicts itself', (values, message) => {
    expect(() => settle([layer('request', values)])).toThrow(message);
  });

  test('every default keeps its own rule', () => {
    for (const name of OPTION_NAMES) {
      const value = OPTIONS[name].default;
      if (value !== undefined) expect(() => settle([layer('default', { [name]: value })])).not.toThrow();
    }
  });

  test('every preset is valid and differs from the others', () => {
    for (const [name, preset] of Object.entries(PRESETS)) expect(settle([layer(name, preset)]).options.style).toBe(preset.style);
    expect(new Set(Object.values(PRESETS).map(p => p.style)).size).toBe(Object.keys(PRESETS).length);
  });

  test('the environment spells options in capitals', () => {
    expect(environmentName('cfgScale')).toBe('RERENDER_CFG_SCALE');
    expect(new Set(OPTION_NAMES.map(environmentName)).size).toBe(OPTION_NAMES.length);
  });
});
