// Which styles a sheet shows: presets, and styles in the user's own words.
import { UsageError } from '../../../config/errors.ts';
import type { Layer } from '../../../config/layers.ts';
import type { PartialOptions } from '../../../config/options.ts';
import { originText } from '../../../config/origin.ts';
import { findPreset, PRESETS } from '../../../config/presets.ts';

/** A style: what stands under its picture, and the options that ask for it. */
export type SheetStyle = { readonly label: string; readonly asks: PartialOptions };

/** The presets that say what is to be seen; others are settings for a style of one's own. */
export const STYLED: readonly string[] = Object.entries(PRESETS).flatMap(([name, { style }]) => (style === undefined ? [] : [name]));

const presetStyle = (name: string): SheetStyle => {
  if (findPreset(name, 'The preset').style !== undefined) return { label: name, asks: { preset: name } };
  throw new UsageError(`The preset ${name} holds settings and no style, so there is nothing to draw: leave it out.`);
};

/**
 * @param presets their names, or `all`; default all where there are no styles
 * @returns presets first, each once
 * @throws UsageError for an unknown preset, one without a style, and an empty style
 */
export const sheetStyles = (presets: readonly string[] | undefined, styles: readonly string[] = []): SheetStyle[] => {
  const names = presets ?? (styles.length > 0 ? [] : ['all']);
  const chosen = new Set(names.flatMap(name => (name === 'all' ? STYLED : [name])));
  for (const style of styles) if (style.trim() === '') throw new UsageError('A style is empty: say in words what is to be seen.');
  const cells = [...[...chosen].map(presetStyle), ...[...new Set(styles)].map(style => ({ label: style, asks: { style } }))];
  if (cells.length === 0) throw new UsageError('No presets are chosen: name some, or leave the choice out for all of them.');
  return cells;
};

const PART = ['start', 'end', 'duration', 'frames'];

/**
 * The layers of a request as a sheet needs them. Files and the environment may choose a part of the clip, which a sheet has no use for, and
 * a style, which would stand in the place of every preset's.
 */
export const sheetLayers = (layers: readonly Layer[], warn: (message: string) => void): readonly Layer[] =>
  layers.map(({ origin, values }) => {
    if (values.style !== undefined) warn(`the style of ${originText(origin)} is not drawn: each preset brings its own`);
    return { origin, values: Object.fromEntries(Object.entries(values).filter(([name]) => name !== 'style' && !PART.includes(name))) };
  });
