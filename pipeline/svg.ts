// What drawings of numbers are made of: round ticks, words, straight lines, and the document around them. Lengths are SVG user units.

export const INK = '#222';
export const FAINT = '#e4e4e4';
const FONT = 'font-family="system-ui, sans-serif" font-size="12"';

/** Round numbers that span a range: at most `most` steps of them, and what they end beyond it. */
export const ticksOf = (low: number, high: number, most = 4): number[] => {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find(n => n * power >= rough) ?? 10);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(6)));
};

/** {@link ticksOf} a range of values, of one unit where all are equal. */
export const ticksOfValues = (low: number, high: number): number[] => ticksOf(low, high - low < 1e-6 ? low + 1 : high);

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Words that begin at x and stand on the line y, unless `attributes` say otherwise. */
export const text = (x: number, y: number, words: string, attributes = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped(words)}</text>`;

export const rule = (x1: number, y1: number, x2: number, y2: number, colour: string, attributes = ''): string =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="${colour}" ${attributes}/>`;

/** Horizontal lines at the ticks, from `left` to `right`, and their numbers before them. */
export const tickLines = (ticks: readonly number[], y: (value: number) => number, left: number, right: number): string[] =>
  ticks.flatMap(tick => [rule(left, y(tick), right, y(tick), FAINT), text(left - 8, y(tick) + 4, String(tick), 'text-anchor="end"')]);

/** A document with a white ground. */
export const svg = (width: number, height: number, body: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ${FONT} fill="${INK}">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...body,
    '</svg>',
    '',
  ].join('\n');
