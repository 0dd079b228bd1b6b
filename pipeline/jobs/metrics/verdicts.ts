// What the measures mean: a code for each, with the numbers behind it. Words are made in cli/report; docs/metrics.md justifies the
// thresholds.
import type { Shot } from '../../../stages/shots/keyframes.ts';
import type { FrameRow, Summary, Verdict } from './report.ts';

type Of<M extends Verdict['measure']> = Extract<Verdict, { readonly measure: M }>;

/** The bounds between three codes, the middle one of which holds from the first on and below the second. */
const BOUNDS = {
  flicker: [0.5, 1.2],
  keyframes: [0.6, 1.2],
  colours: [3, 6],
  sharpness: [0.75, 1.33],
  structure: [0.45, 0.7],
} as const satisfies Record<Verdict['measure'], readonly [number, number]>;

const coded = <M extends Verdict['measure'], C extends string>(
  measure: M,
  value: number,
  codes: readonly [low: C, middle: C, high: C],
): C => {
  const [middle, high] = BOUNDS[measure];
  return value < middle ? codes[0] : value < high ? codes[1] : codes[2];
};

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/**
 * A picture with k times the contrast at edges shows k times what the motion misses there: the floor of a sharper result. A softer one
 * keeps the source's.
 */
const edgesOf = ({ sharpness }: Summary): number => Math.max(1, sharpness);

/** Frames that neither are key frames nor stand beside one, as what pops there has a verdict of its own; all where there are none such. */
const between = (rows: readonly FrameRow[]): readonly FrameRow[] => {
  const calm = rows.filter(({ key }, i) => !(key || rows[i - 1]?.key || rows[i + 1]?.key));
  return calm.some(({ flicker }) => flicker) ? calm : rows;
};

const flickerOf = (rows: readonly FrameRow[], summary: Summary): Of<'flicker'>[] => {
  const overs = (['flicker', 'fineFlicker'] as const).flatMap(name => {
    const levels = between(rows).flatMap(row => row[name] ?? []);
    return levels.length === 0 ? [] : [mean(levels.map(({ output, source }) => output - edgesOf(summary) * source))];
  });
  if (overs.length === 0) return [];
  const over = Math.max(...overs);
  return [{ measure: 'flicker', code: coded('flicker', over, ['steady', 'restless', 'flickers']), over }];
};

/** Key frames with neighbours on both sides from which their steadiness can be told. */
const FEWEST = 2;

const keyframesOf = (rows: readonly FrameRow[], summary: Summary): Of<'keyframes'>[] => {
  const flickers = (keyed: boolean) => rows.filter(({ key }) => key === keyed).flatMap(({ flicker }) => flicker ?? []);
  const [at, others] = [flickers(true), flickers(false)];
  if (at.length < FEWEST || others.length === 0) return [];
  const more = (of: 'output' | 'source'): number => mean(at.map(value => value[of])) - mean(others.map(value => value[of]));
  const excess = more('output') - edgesOf(summary) * more('source');
  return [{ measure: 'keyframes', code: coded('keyframes', excess, ['even', 'pulses', 'pops']), excess }];
};

type Looks = FrameRow['look'];

/** Largest change of a channel's mean. */
const moved = (now: Looks, first: Looks, of: keyof Looks): number =>
  Math.max(...([0, 1, 2] as const).map(c => Math.abs(now[of].mean[c] - first[of].mean[c])));

/** How far the colours have moved beyond what the source's have, in a picture with its contrast. */
const movedBeyond = (now: Looks, first: Looks): number => {
  const contrast = Math.max(1, mean(first.output.std) / Math.max(1, mean(first.source.std)));
  return Math.max(0, moved(now, first, 'output') - contrast * moved(now, first, 'source'));
};

const coloursOf = (rows: readonly FrameRow[], shots: readonly Shot[]): Of<'colours'>[] => {
  const ends = shots.flatMap(({ first, last }) => {
    const keys = rows.slice(first, last + 1).filter(({ key }) => key);
    return keys.length < 2 ? [] : [movedBeyond(keys.at(-1)!.look, keys[0]!.look)];
  });
  if (ends.length === 0) return [];
  const atEnd = Math.max(...ends);
  return [{ measure: 'colours', code: coded('colours', atEnd, ['constant', 'shift', 'drift']), atEnd }];
};

/**
 * What the measures say, each where there are frames to tell it from.
 * @param rows every frame, in order
 */
export const verdictsOf = (rows: readonly FrameRow[], summary: Summary, shots: readonly Shot[]): Verdict[] => {
  const { sharpness: ratio, structure: ssim } = summary;
  return [
    ...flickerOf(rows, summary),
    ...keyframesOf(rows, summary),
    ...coloursOf(rows, shots),
    { measure: 'sharpness', code: coded('sharpness', ratio, ['softer', 'alike', 'sharper']), ratio },
    { measure: 'structure', code: coded('structure', ssim, ['other', 'similar', 'same']), ssim },
  ];
};
