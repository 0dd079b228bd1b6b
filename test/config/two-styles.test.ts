// Which part of a prompt is drawn first, and what over it.
import { expect, test } from 'vitest';
import { embeddedModel } from '../../config/paths.ts';
import { PRESETS } from '../../config/presets.ts';
import { parseStyleWords, partStyles, type StyleWords, stylesText } from '../../config/two-styles.ts';
import { recommendation, settleRun } from '../../pipeline/session/settle.ts';

const WORDS: StyleWords = {
  options: {},
  textures: ['oil painting', 'in oil', 'starry night', 'comic', 'c++ art'],
  tones: { 'a night scene': ['night', 'moonlit'], 'film noir': ['film noir', 'noir'] },
};

test.each([
  ['an oil painting, film noir', 'an oil painting', 'film noir'],
  ['Film Noir, an OIL  painting, best quality', 'an OIL  painting, best quality', 'Film Noir'],
  ['an oil painting of a night scene', 'an oil painting', 'a night scene'],
  ['a boat at night in oil', 'a boat in oil', 'a night scene'],
  ['a film noir comic', 'comic', 'film noir'],
  ['comic of a man, a moonlit street, noir', 'comic of a man', 'a moonlit street, noir'],
  ['comic (noir)', 'comic', 'film noir'],
  ['C++ art, noir', 'C++ art', 'noir'],
])('%s', (prompt, style, secondStyle) => {
  expect(partStyles(prompt, WORDS)).toEqual({ style, secondStyle });
});

test.each(['an oil painting', 'film noir, at night', 'a starry night', 'a comic about Noirmoutier', 'oil, painting at night', ', ,', ''])(
  'one style: %s',
  prompt => {
    expect(partStyles(prompt, WORDS)).toBeUndefined();
  },
);

test('the embedded model knows two styles by their words, and every preset is one', async () => {
  const { styles } = await recommendation(embeddedModel);
  for (const { style = '' } of Object.values(PRESETS)) expect(partStyles(style, styles!)).toBeUndefined();
  expect(partStyles('a watercolor painting, film noir', styles!)).toEqual({ style: 'a watercolor painting', secondStyle: 'film noir' });
});

test('both come from where the prompt does; what is said of the second wins', async () => {
  const settled = async (values: Record<string, unknown>) => {
    const { options, origins } = await settleRun([{ origin: { kind: 'flag' }, values }]);
    return [options.style, options.secondStyle, origins.style.kind, origins.secondStyle.kind];
  };
  const style = 'an oil painting of a night scene';
  expect(await settled({ style })).toEqual(['an oil painting', 'a night scene, moonlight', 'flag', 'flag']);
  expect(await settled({ style, secondStyle: '' })).toEqual([style, '', 'flag', 'flag']);
  expect(await settled({ style, secondStyle: 'sepia' })).toEqual([style, 'sepia', 'flag', 'flag']);
  expect(await settled({ style: 'sepia' })).toEqual(['sepia', undefined, 'flag', 'default']);
});

test('the model says what suits the tones of a second style, wherever that comes from; what is said directly wins', async () => {
  const { styles } = await recommendation(embeddedModel);
  const [golden, night] = ['golden hour', 'a night scene, moonlight'].map(tone => styles!.options[tone]!.secondAgain);
  const settled = async (values: Record<string, unknown>) => {
    const { options, origins } = await settleRun([{ origin: { kind: 'flag' }, values }]);
    return [options.secondFrom, options.secondAgain, origins.secondFrom.kind, origins.secondAgain.kind];
  };
  const style = 'an oil painting';
  expect(await settled({ style })).toEqual(['picture', 0, 'default', 'default']);
  expect(await settled({ style: `${style}, film noir` })).toEqual(['grey', 0, 'model', 'default']);
  expect(await settled({ style, secondStyle: 'an OLD photo' })).toEqual(['grey', 0, 'model', 'default']);
  expect(await settled({ style, secondStyle: 'noir', secondFrom: 'picture' })).toEqual(['picture', 0, 'flag', 'default']);
  expect(await settled({ style, secondStyle: 'a sunset' })).toEqual(['picture', golden, 'default', 'model']);
  // Of several the first of the file has the word: night.
  expect(await settled({ style, secondStyle: 'a sunset, noir, at night' })).toEqual(['grey', night, 'model', 'model']);
  expect(await settled({ style: `${style} at night`, secondAgain: 0 })).toEqual(['picture', 0, 'default', 'flag']);
});

test.each<unknown>([
  {},
  { textures: [] },
  { textures: ['ink'], tones: { night: 'dark' } },
  { textures: [''], tones: {} },
  'ink',
  { ...WORDS, more: 1 },
  { ...WORDS, options: { constructor: {} } },
  { ...WORDS, options: { 'film noir': 0.5 } },
])('words that are none are refused with the file: %j', value => {
  expect(() => parseStyleWords(value, 'model/rerender.json')).toThrow(/^model\/rerender\.json: styles must hold textures/);
});

test('a long prompt of joints is read at once', () => {
  expect(partStyles(`an oil painting ${'of the '.repeat(5000)}`, WORDS)).toBeUndefined();
});

test('both styles in words', () => {
  expect(stylesText({ style: 'ink' })).toBe('ink');
  expect(stylesText({ style: 'ink', secondStyle: '  ', firstAgain: 0.5 })).toBe('ink');
  expect(stylesText({ style: 'ink', secondStyle: 'night', firstAgain: 0 })).toBe('ink, then night');
  expect(stylesText({ style: 'ink', secondStyle: 'night', firstAgain: 0.5 })).toBe('ink, once more for 50 %, then night');
  expect(stylesText({ style: 'ink', secondStyle: 'night', secondAgain: 0.25 })).toBe('ink, then night, once more for 25 %');
  expect(stylesText({ style: 'ink', secondStyle: 'noir', secondFrom: 'grey' })).toBe('ink, then noir over its shades of grey');
});
