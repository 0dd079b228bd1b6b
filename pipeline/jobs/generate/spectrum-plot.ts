// FreeU's Fourier analysis as an SVG drawing: spectra above, their course over the steps below.
import { meanSpectrum, type Spectrum } from '../../../stages/spectrum/radial.ts';
import { rule, svg, text, tickLines, ticksOf, ticksOfValues } from '../../svg.ts';
import type { FreeUSpectra, Measured, StepSpectra } from './spectra.ts';

type Point = readonly [x: number, y: number];
type Line = { readonly name: string; readonly colour: string; readonly dashed: boolean; readonly points: readonly Point[] };
type Panel = { readonly title: string; readonly axis: string; readonly lines: readonly Line[] };

const [WIDE, TALL, LEFT, TOP, GAP_X, GAP_Y] = [300, 200, 56, 74, 62, 84];
const [WITH, WITHOUT, LOW, HIGH] = ['#c2410c', '#64748b', '#2563eb', '#c2410c'];

/** What a panel column shows of a step. */
type View = (step: StepSpectra) => readonly Measured[];
const COLUMNS: readonly { readonly title: string; readonly view: View }[] = [
  { title: 'Backbone', view: ({ sites }) => sites.map(s => s.backbone.after) },
  { title: 'Skips', view: ({ sites }) => sites.map(s => s.skip.after) },
  { title: 'Latent', view: ({ latent }) => [latent] },
];

const known = (spectrum: Spectrum, x: (k: number) => number): Point[] =>
  spectrum.flatMap((v, k): Point[] => (v === null ? [] : [[x(k), v]]));

const panelsOf = ({ runs, frequencies }: FreeUSpectra): Panel[] => {
  const both = [
    { name: 'with FreeU', steps: runs.withFreeU, dashed: false, colour: WITH },
    { name: 'without', steps: runs.without, dashed: true, colour: WITHOUT },
  ];
  const spectra = COLUMNS.map(
    ({ title, view }): Panel => ({
      title: `${title}, mean over the steps`,
      axis: 'frequency / pi',
      lines: both.map(({ steps, ...line }) => {
        const all = steps.flatMap(view).map(m => m.relative);
        return { ...line, points: known(meanSpectrum(all), k => frequencies[k] ?? 0) };
      }),
    }),
  );
  const courses = COLUMNS.map(
    ({ title, view }): Panel => ({
      title: `${title}, step by step`,
      axis: 'step',
      lines: both.flatMap(({ steps, name, dashed }) =>
        (['low', 'high'] as const).map(band => {
          const means = steps.map(step => average(view(step).map(m => m[band])));
          return { name: `${band}, ${name}`, dashed, colour: band === 'low' ? LOW : HIGH, points: known(means, i => i + 1) };
        }),
      ),
    }),
  );
  return [...spectra, ...courses];
};

const average = (values: readonly (number | null)[]): number | null => {
  const given = values.filter(v => v !== null);
  return given.length === 0 ? null : given.reduce((a, b) => a + b, 0) / given.length;
};

const draw = ({ title, axis, lines }: Panel, left: number, top: number): string => {
  const points = lines.flatMap(l => l.points);
  const [xs, ys] = [points.map(p => p[0]), points.map(p => p[1])];
  const [low, high] = [Math.min(0, ...ys), Math.max(0, ...ys)];
  const [begin, end] = axis === 'step' ? [1, Math.max(2, ...xs)] : [0, 1];
  const ticks = ticksOfValues(low, high);
  const [bottom, ceiling] = [ticks[0] ?? 0, ticks.at(-1) ?? 1];
  const x = (v: number): number => left + ((v - begin) / (end - begin)) * WIDE;
  const y = (v: number): number => top + TALL - ((v - bottom) / (ceiling - bottom)) * TALL;
  const numbers = ticksOf(begin, end).filter(v => v >= begin && v <= end && (axis !== 'step' || Number.isInteger(v)));
  return [
    text(left, top - 12, title, 'font-weight="600"'),
    ...tickLines(ticks, y, left, left + WIDE),
    ...numbers.map(v => text(x(v), top + TALL + 18, String(v), 'text-anchor="middle"')),
    text(left + WIDE, top + TALL + 34, axis, 'text-anchor="end"'),
    ...lines.map(
      l =>
        `<polyline points="${l.points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(' ')}" fill="none"` +
        ` stroke="${l.colour}" stroke-width="2" ${l.dashed ? 'stroke-dasharray="5 4"' : ''}/>`,
    ),
    ...lines.flatMap((l, i) => {
      const [at, line] = [left + (i % 2) * 140, top + TALL + 34 + 16 * Math.floor(i / 2)];
      return [
        rule(at, line - 4, at + 18, line - 4, l.colour, `stroke-width="2" ${l.dashed ? 'stroke-dasharray="5 4"' : ''}`),
        text(at + 23, line, l.name),
      ];
    }),
  ].join('\n');
};

/** @returns an SVG document of six panels */
export const spectrumPlot = (spectra: FreeUSpectra): string => {
  const { freeu, prompt, seed, size } = spectra;
  const [width, height] = [LEFT + 3 * WIDE + 2 * GAP_X + 24, TOP + 2 * (TALL + GAP_Y)];
  const panels = panelsOf(spectra).map((panel, i) =>
    draw(panel, LEFT + (i % 3) * (WIDE + GAP_X), TOP + Math.floor(i / 3) * (TALL + GAP_Y)),
  );
  const factors = [freeu.b1, freeu.b2, freeu.s1, freeu.s2].join(', ');
  const words = `"${prompt.slice(0, 70)}${prompt.length > 70 ? '...' : ''}"`;
  const about = `${words}, seed ${seed}, ${size.join('x')}; FreeU ${factors} (b1, b2, s1, s2)`;
  return svg(width, height, [
    text(LEFT, 22, 'Log amplitude, relative to that at frequency 0 before FreeU', 'font-size="15" font-weight="700"'),
    text(LEFT, 42, about),
    ...panels,
  ]);
};
