// Which layout sound is brought to for Opus, whatever order its channels lie in.
import { expect, test } from 'vitest';
import { layoutFor, layoutName } from '../../media/layouts.ts';

// biome-ignore format: a table
test.each([
  ['stereo', 2, 'stereo', 'stereo'],
  [undefined, 6, '5.1', '5.1'],
  ['5.1(side)', 6, '5.1(side)', '5.1'],
  ['7 channels (FL+FR+FC+LFE+SL+SR+BC)', 7, '6.1', '6.1'],
  ['4 channels (BL+BR+FL+FR)', 4, 'quad', 'quad'],
  ['4 channels (SL+SR+FL+FR)', 4, 'quad(side)', 'quad'],
  ['7 channels (FR+FL+FC+BL+BR+SL+SR)', 7, 'FR+FL+FC+BL+BR+SL+SR', '7.1'],
])('%s of %i channels is %s, and %s for Opus', (layout, channels, name, opus) => {
  expect(layoutName(layout, channels)).toBe(name);
  expect(layoutFor('libopus', layout, channels)).toBe(opus);
  expect(layoutFor('aac', layout, channels)).toBe(undefined);
});
