// The cache in words.
import type { CachedClip, CacheList, Cleaned, Heap } from '../../pipeline/jobs/cache.ts';
import { bytes, count, table } from './format.ts';

/** How long ago: 5 min, 3 h, 12 d. */
const age = (used: number, now: number): string => {
  const minutes = Math.max(0, (now - used) / 60_000);
  if (minutes < 60) return `${Math.round(minutes)} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 60 / 24)} d`;
};

const row = (name: string, heap: Heap, now: number): string[] => [name, bytes(heap.bytes), String(heap.files), age(heap.used, now)];

const rowsOf = (clip: CachedClip, now: number): string[][] => [
  row(clip.running ? `${clip.name} (a run uses it)` : clip.name, clip, now),
  ...Object.entries(clip.steps).map(([step, heap]) => row(`  ${step}`, heap, now)),
];

/** How full a work folder is, and what its limit holds for. */
export const fillText = ({ bytes: present, limit, scope }: Pick<CacheList, 'bytes' | 'limit' | 'scope'>): string =>
  scope === 'all' ? `${bytes(present)} of ${bytes(limit)}` : `${bytes(present)}; of these frames of results at most ${bytes(limit)}`;

/** A table of clips, and what each step made for them. */
export const cacheText = (list: CacheList, now = Date.now()): string => {
  const { weights } = list;
  const beside = weights.files > 0 ? [`weights computed in advance: ${bytes(weights.bytes)}, last used ${age(weights.used, now)} ago`] : [];
  const head = [`${list.root}: ${fillText(list)}`, ...beside].join('\n');
  if (list.clips.length === 0) return head;
  const rows = list.clips.flatMap(clip => rowsOf(clip, now));
  const places = list.clips.flatMap(({ name, path }) => (path === undefined ? [] : [`${name}: ${path}`]));
  return [head, '', table(['clip, and steps', 'size', 'files', 'last used'], rows), '', ...places].join('\n');
};

export const cleanedText = ({ root, files, bytes: removed, left }: Cleaned): string =>
  [
    `${root}: ${count(files, 'file')} removed, ${bytes(removed)}`,
    ...left.map(name => `${name} is left as it is: a run that goes on uses it`),
  ].join('\n');
