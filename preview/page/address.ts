// The page's state in its address, behind the #: a reload, a bookmark and a second tab show the same.
import { OVERLAYS, type Values } from '../api.ts';

export type View = 'wipe' | 'side' | 'result' | 'source';
export const VIEWS: readonly View[] = ['wipe', 'side', 'result', 'source'];

export const SHOWN = ['none', 'difference', ...OVERLAYS] as const;
/** What the stage shows of a frame; `none` is its picture alone. */
export type Overlay = (typeof SHOWN)[number];

export type Address = {
  readonly frame: number | undefined;
  readonly view: View;
  /** Per cent of the width that shows the source. */
  readonly wipe: number;
  /** Ids of pictures that were approved. */
  readonly approved: readonly string[];
  readonly values: Values;
  /** Settings that were kept to compare with. */
  readonly kept: Kept | undefined;
  /** What the drawing is laid over. */
  readonly against: 'source' | 'a';
  readonly overlay: Overlay;
};

/** Settings as A, and the picture that they drew of a frame. */
export type Kept = { readonly values: Values; readonly frame: number; readonly id: string };

const PAGE_KEYS = ['frame', 'view', 'wipe', 'approved', 'a', 'against', 'show'];
/** Options that are lists: each of their texts has a place of its own in the address. */
const LISTS = ['keyframe', 'keyframeSeed', 'only'];

const PICTURE = /^[0-9a-f]{24}$/;

const keptFrom = (text: string | null): Kept | undefined => {
  try {
    const kept = JSON.parse(text ?? 'null') as Kept | null;
    return kept && PICTURE.test(kept.id) && Number.isInteger(kept.frame) && typeof kept.values === 'object' ? kept : undefined;
  } catch {
    return undefined; // an address that somebody has cut
  }
};

export const readAddress = (): Address => {
  const query = new URLSearchParams(location.hash.slice(1));
  const names = [...new Set(query.keys())].filter(name => !PAGE_KEYS.includes(name));
  const values = Object.fromEntries(
    names.map(name => [name, LISTS.includes(name) ? query.getAll(name).filter(text => text !== '') : query.get(name)]),
  );
  const view = VIEWS.find(one => one === query.get('view')) ?? 'wipe';
  const wipe = Number(query.get('wipe') ?? 50);
  const frame = query.has('frame') ? Number(query.get('frame')) : undefined;
  return {
    frame: frame !== undefined && Number.isInteger(frame) && frame >= 0 ? frame : undefined,
    view,
    wipe: wipe >= 0 && wipe <= 100 ? wipe : 50,
    approved: (query.get('approved') ?? '').split('.').filter(id => PICTURE.test(id)),
    values,
    kept: keptFrom(query.get('a')),
    against: query.get('against') === 'a' ? 'a' : 'source',
    overlay: SHOWN.find(one => one === query.get('show')) ?? 'none',
  };
};

const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value));

export const writeAddress = ({ frame, view, wipe, approved, values, kept, against, overlay }: Address): void => {
  const query = new URLSearchParams();
  if (frame !== undefined) query.set('frame', String(frame));
  if (view !== 'wipe') query.set('view', view);
  if (wipe !== 50) query.set('wipe', String(wipe));
  if (approved.length > 0) query.set('approved', approved.join('.'));
  if (kept) query.set('a', JSON.stringify(kept));
  if (kept && against === 'a') query.set('against', 'a');
  if (overlay !== 'none') query.set('show', overlay);
  for (const [name, value] of Object.entries(values)) {
    if (LISTS.includes(name)) for (const text of [value as readonly string[]].flat()) query.append(name, text);
    else if (value !== undefined) query.set(name, textOf(value));
    if (Array.isArray(value) && value.length === 0) query.set(name, ''); // none, where the command names some
  }
  history.replaceState(null, '', `#${query}`);
};
