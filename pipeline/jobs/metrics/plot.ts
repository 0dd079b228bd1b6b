// The measures over time as an SVG drawing of five panels.
import { INK, rule, svg, text, tickLines, ticksOf, ticksOfValues } from '../../svg.ts';
import type { FrameRow, MetricsReport } from './report.ts';

type Line = { readonly name: string; readonly colour: string; readonly values: readonly (number | undefined)[]; readonly faint?: true };
type Panel = {
  readonly title: string;
  readonly lines: readonly Line[];
  /** A value that is always in view. */
  readonly base: number;
};

const WIDTH = 960;
const LEFT = 64;
const RIGHT = 16;
const TOP = 52;
const PANEL = 132;
const GAP = 46;
const [RESULT, SOURCE] = ['#c2410c', '#64748b'];
const RGB = ['#dc2626', '#16a34a', '#2563eb'];

const panelsOf = (frames: readonly FrameRow[]): Panel[] => {
  const pair = (of: (row: FrameRow) => { output: number; source: number } | undefined, scale = 1): Line[] => [
    { name: 'source', colour: SOURCE, values: frames.map(row => scaled(of(row)?.source, scale)), faint: true },
    { name: 'result', colour: RESULT, values: frames.map(row => scaled(of(row)?.output, scale)) },
  ];
  return [
    { title: 'Warp error x 1000', lines: pair(row => row.warpError, 1000), base: 0 },
    { title: 'Flicker, levels', lines: pair(row => row.flicker), base: 0 },
    { title: 'Fine flicker, levels', lines: pair(row => row.fineFlicker), base: 0 },
    {
      title: 'Structure (SSIM of edges), and sharpness relative to the first frame',
      lines: [
        { name: 'sharpness', colour: SOURCE, values: frames.map(row => row.drift.sharpness), faint: true },
        { name: 'structure', colour: RESULT, values: frames.map(row => row.structure) },
      ],
      base: 1,
    },
    {
      title: "Drift of the mean colour beyond the source's, levels",
      lines: (['red', 'green', 'blue'] as const).map((name, c) => ({
        name,
        colour: RGB[c]!,
        values: frames.map(row => row.drift.mean[c as 0 | 1 | 2]),
      })),
      base: 0,
    },
  ];
};

const scaled = (value: number | undefined, by: number): number | undefined => (value === undefined ? undefined : value * by);

/** A path that is broken where values are missing. */
const path = ({ values, colour, faint }: Line, x: (frame: number) => number, y: (value: number) => number): string => {
  const points = values.map((v, i) =>
    v === undefined ? '' : `${values[i - 1] === undefined ? 'M' : 'L'}${x(i).toFixed(1)} ${y(v).toFixed(1)}`,
  );
  const look = `stroke="${colour}" stroke-width="${faint ? 1.2 : 1.6}" stroke-linejoin="round" stroke-linecap="round"`;
  return `<path d="${points.join('')}" fill="none" ${look}/>`;
};

const draw = (panel: Panel, top: number, x: (frame: number) => number): string => {
  const known = panel.lines.flatMap(({ values }) => values.filter(v => v !== undefined));
  const low = Math.min(panel.base, ...spread(known, Math.min));
  const high = Math.max(panel.base, ...spread(known, Math.max));
  const ticks = ticksOfValues(low, high);
  const y = (value: number): number => top + PANEL - ((value - ticks[0]!) / (ticks.at(-1)! - ticks[0]!)) * PANEL;
  const legend = panel.lines.toReversed().map(({ name, colour }, i) => {
    const at = WIDTH - RIGHT - 100 * (i + 1);
    return rule(at, top - 11, at + 18, top - 11, colour, 'stroke-width="2.5"') + text(at + 24, top - 7, name);
  });
  return [
    text(LEFT, top - 7, panel.title, 'font-weight="600"'),
    ...legend,
    ...tickLines(ticks, y, LEFT, WIDTH - RIGHT),
    ...panel.lines.map(line => path(line, x, y)),
  ].join('\n');
};

/** The extreme of many numbers, as a list of one; of none, none. */
const spread = (values: readonly number[], of: (a: number, b: number) => number): number[] =>
  values.length === 0 ? [] : [values.reduce((a, b) => of(a, b))];

/** @returns an SVG document; key frames are ticks under each panel, cuts dashed lines through all */
export const metricsPlot = ({ source, output, frames, shots, keyframes }: MetricsReport): string => {
  const panels = panelsOf(frames);
  const height = TOP + panels.length * (PANEL + GAP);
  const x = (frame: number): number => LEFT + (frame / Math.max(1, frames.length - 1)) * (WIDTH - LEFT - RIGHT);
  const bottom = height - GAP;
  const body = panels.map((panel, i) => {
    const top = TOP + i * (PANEL + GAP);
    const marks = keyframes.map(key => rule(x(key), top + PANEL, x(key), top + PANEL + 5, INK));
    return [draw(panel, top, x), ...marks].join('\n');
  });
  const numbers = ticksOf(0, Math.max(1, frames.length - 1), 10).filter(n => Number.isInteger(n) && n < frames.length);
  return svg(WIDTH, height, [
    text(LEFT, 20, `${output} against ${source}`, 'font-size="14" font-weight="700"'),
    ...shots.slice(1).map(({ first }) => rule(x(first), TOP, x(first), bottom, '#94a3b8', 'stroke-dasharray="3 4"')),
    ...body,
    ...numbers.map(n => text(x(n), bottom + 20, String(n), 'text-anchor="middle"')),
    text(LEFT, bottom + 38, 'frame; ticks: key frames, dashed: cuts'),
  ]);
};
