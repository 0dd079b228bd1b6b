// The verdicts of `rerender metrics` in words.
import type { MetricsReport, Verdict } from './report.ts';

type Words = { readonly [V in Verdict as V['measure']]: Readonly<Record<V['code'], string>> };

const WORDS: Words = {
  flicker: { steady: 'steady', restless: 'restless', flickers: 'flickers' },
  keyframes: { even: 'even', pulses: 'pulses a little at key frames', pops: 'pops at key frames' },
  colours: { constant: 'constant', shift: 'shift a little', drift: 'drift' },
  sharpness: { softer: 'softer than the source', alike: 'as sharp as the source', sharper: 'sharper than the source' },
  structure: { same: "the source's", similar: "much like the source's", other: 'of its own' },
};

const TITLES: Readonly<Record<Verdict['measure'], string>> = {
  flicker: 'steadiness',
  keyframes: 'key frames',
  colours: 'colours',
  sharpness: 'sharpness',
  structure: 'lines',
};

const levels = (value: number): string => `${Math.max(0, value).toFixed(1)} levels`;

/** The number behind a verdict. */
const numberText = (verdict: Verdict): string => {
  switch (verdict.measure) {
    case 'flicker':
      return `${levels(verdict.over)} of flicker beyond the source's`;
    case 'keyframes':
      return `${levels(verdict.excess)} more flicker there than between`;
    case 'colours':
      return `${levels(verdict.atEnd)} at the end of a shot beyond the source's own change`;
    case 'sharpness':
      return `${verdict.ratio.toFixed(2)} of it`;
    case 'structure':
      return `SSIM of edges ${verdict.ssim.toFixed(2)}`;
  }
};

/** About twice the distance of key frames, as a round number. */
const longer = ({ keyframes }: MetricsReport): number => {
  const gaps = keyframes.slice(1).map((frame, i) => frame - keyframes[i]!);
  const gap = gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 10;
  return 5 * Math.ceil((2 * gap) / 5);
};

/** What mends it, where measurements say that something does. */
const advice = (verdict: Verdict, report: MetricsReport): string => {
  const eachDrawn = report.keyframes.length === report.frames.length;
  if (verdict.measure === 'flicker' && verdict.code !== 'steady' && eachDrawn) return ': try `--interval 10`, which draws fewer frames';
  if (verdict.measure === 'keyframes' && verdict.code !== 'even') {
    return `: try \`--interval ${longer(report)}\`, which has fewer of them`;
  }
  return '';
};

/** A line for each measure: what it is, in a word or two, the number, and what to try. */
export const verdictText = (report: MetricsReport): string =>
  report.verdicts
    .map(verdict => {
      const word = (WORDS[verdict.measure] as Readonly<Record<string, string>>)[verdict.code]!;
      return `${TITLES[verdict.measure].padEnd(11)} ${word} (${numberText(verdict)})${advice(verdict, report)}`;
    })
    .join('\n');
