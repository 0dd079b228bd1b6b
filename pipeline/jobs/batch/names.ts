// Where the results of several clips go: names that no two of them share, on any disk, and that no clip of the run has.
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { endingOf, fitName } from '../../session/output.ts';

/** One name for all names that some disk takes for the same: without regard to case and to how accents are composed. */
const folded = (path: string): string => path.normalize('NFKC').toUpperCase().toLowerCase();

type Stem = { readonly stem: string; readonly suffix: string };

const stemOf = (input: string): string => basename(input, extname(input));
const withHome = (input: string): string => `${basename(dirname(resolve(input)))}-${stemOf(input)}`;
const endingMark = (input: string): string => (extname(input) === '' ? '' : `-${extname(input).slice(1)}`);
const digits = (input: string): string => `-${createHash('sha256').update(resolve(input)).digest('hex').slice(0, 8)}`;

/** Ways of naming a clip's result, from the plainest on; the last is unlike any other. Suffixes are never shortened. */
const WAYS: readonly ((input: string) => Stem)[] = [
  input => ({ stem: stemOf(input), suffix: '' }),
  input => ({ stem: stemOf(input), suffix: endingMark(input) }),
  input => ({ stem: withHome(input), suffix: '' }),
  input => ({ stem: withHome(input), suffix: endingMark(input) }),
  input => ({ stem: stemOf(input), suffix: digits(input) }),
];

const realFolder = (folder: string): Promise<string> => realpath(folder).catch(() => resolve(folder));

/**
 * The files for the results of some clips, in their order. In a folder `clip.mov` becomes `clip.mov`; beside the clips, and in a folder
 * that is also theirs, `clip.rerender.mov`. Clips whose results would have one name all get a longer one: with their ending
 * (`clip-avi.mp4`), with their folder (`a-clip.mp4`), with both, or with digits. A name does not depend on the order of the clips.
 * @param folder of all results; without it each lies beside its clip
 */
export const outputsFor = async (inputs: readonly string[], folder: string | undefined): Promise<string[]> => {
  const homes = await Promise.all(inputs.map(input => realFolder(dirname(resolve(input)))));
  const common = folder === undefined ? undefined : await realFolder(folder);
  const levels = inputs.map(() => 0);
  const nameOf = (i: number): string => {
    const { stem, suffix } = WAYS[levels[i]!]!(inputs[i]!);
    const mark = common === undefined || common === homes[i] ? '.rerender' : '';
    return fitName(stem, `${suffix}${mark}${endingOf(inputs[i]!)}`);
  };
  const placeOf = (i: number): string => folded(join(common ?? homes[i]!, nameOf(i)));
  const taken = inputs.map((input, i) => folded(join(homes[i]!, basename(input))));
  for (let settled = false; !settled; ) {
    const places = inputs.map((_, i) => placeOf(i));
    const counts = new Map<string, number>();
    for (const place of [...places, ...taken]) counts.set(place, (counts.get(place) ?? 0) + 1);
    settled = true;
    for (const [i, place] of places.entries()) {
      if (counts.get(place) === 1 || levels[i]! + 1 === WAYS.length) continue;
      levels[i]!++;
      settled = false;
    }
  }
  return inputs.map((input, i) => join(folder ?? dirname(input), nameOf(i)));
};
