// The page's state in its address, behind the #: a reload, a bookmark and a second tab show the same.
import type { Values } from '../api.ts';

export type View = 'wipe' | 'side' | 'result' | 'source';
export const VIEWS: readonly View[] = ['wipe', 'side', 'result', 'source'];

export type Address = {
  readonly frame: number | undefined;
  readonly view: View;
  /** Per cent of the width that shows the source. */
  readonly wipe: number;
  /** Ids of pictures that were approved. */
  readonly approved: readonly string[];
  readonly values: Values;
};

const PAGE_KEYS = ['frame', 'view', 'wipe', 'approved'];

export const readAddress = (): Address => {
  const query = new URLSearchParams(location.hash.slice(1));
  const values = Object.fromEntries([...query].filter(([name]) => !PAGE_KEYS.includes(name)));
  const view = VIEWS.find(one => one === query.get('view')) ?? 'wipe';
  const wipe = Number(query.get('wipe') ?? 50);
  const frame = query.has('frame') ? Number(query.get('frame')) : undefined;
  return {
    frame: frame !== undefined && Number.isInteger(frame) && frame >= 0 ? frame : undefined,
    view,
    wipe: wipe >= 0 && wipe <= 100 ? wipe : 50,
    approved: (query.get('approved') ?? '').split('.').filter(id => /^[0-9a-f]{24}$/.test(id)),
    values,
  };
};

const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value));

export const writeAddress = ({ frame, view, wipe, approved, values }: Address): void => {
  const query = new URLSearchParams();
  if (frame !== undefined) query.set('frame', String(frame));
  if (view !== 'wipe') query.set('view', view);
  if (wipe !== 50) query.set('wipe', String(wipe));
  if (approved.length > 0) query.set('approved', approved.join('.'));
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, textOf(value));
  history.replaceState(null, '', `#${query}`);
};
