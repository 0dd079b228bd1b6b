// A tiny font of our own for labels, so that they look the same on every machine, with or without system fonts.
import type { Picture } from './frame.ts';

// 5x7 pixels a glyph: seven rows of five bits, a base-32 digit each, top to bottom. Small letters are drawn as capitals.
const GLYPHS: Readonly<Record<string, string>> = {
  A: 'ehhvhhh', B: 'uhhuhhu', C: 'ehggghe', D: 'uhhhhhu', E: 'vgguggv', F: 'vgguggg', G: 'ehgnhhf', H: 'hhhvhhh', I: 'e44444e',
  J: '72222ic', K: 'hikokih', L: 'ggggggv', M: 'hrllhhh', N: 'hhpljhh', O: 'ehhhhhe', P: 'uhhuggg', Q: 'ehhhlid', R: 'uhhukih',
  S: 'fgge11u', T: 'v444444', U: 'hhhhhhe', V: 'hhhhha4', W: 'hhhllla', X: 'hha4ahh', Y: 'hha4444', Z: 'v1248gv',
  0: 'ehjlphe', 1: '4c4444e', 2: 'eh1248v', 3: 'v2421he', 4: '26aiv22', 5: 'vgu11he', 6: '68guhhe', 7: 'v124888',
  8: 'ehhehhe', 9: 'ehhf12c',
  '.': '00000cc', ',': '0000c48', '-': '000v000', '=': '00v0v00', ':': '0cc0cc0', '/': '01248g0', '%': 'op248j3', '+': '044v440',
  '(': '2488842', ')': '8422248', _: '000000v', '|': '4444444', "'": 'c480000', '"': 'aa00000', '?': 'eh12404', '!': '4444404',
  '#': 'aavavaa',
}; // biome-ignore format: a table

const ADVANCE = 6; // pixels from glyph to glyph

/** Height of a line of text in pixels at `scale` 1, with a pixel above and below. */
export const TEXT_HEIGHT = 9;

/** White text on black, `width` pixels wide; what does not fit is cut, unknown characters stay blank. */
export const textLine = (text: string, width: number, scale: number): Picture => {
  const height = TEXT_HEIGHT * scale;
  const data = new Uint8Array(width * height * 3);
  for (const [n, character] of [...text.toUpperCase()].entries()) {
    const rows = GLYPHS[character] ?? '0000000';
    for (let y = 0; y < 7 * scale; y++) {
      const bits = Number.parseInt(rows[Math.floor(y / scale)]!, 32);
      for (let x = 0; x < 5 * scale; x++) {
        const column = (n * ADVANCE + 1) * scale + x;
        if (column < width && (bits >> (4 - Math.floor(x / scale))) & 1)
          data.fill(255, 3 * ((y + scale) * width + column), 3 * ((y + scale) * width + column) + 3);
      }
    }
  }
  return { width, height, data };
};
