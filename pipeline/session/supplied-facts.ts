// Whether the pictures of the user's fit the clip, and what a plan knows of them.
import { UsageError } from '../../config/errors.ts';
import type { Size } from '../../media/size.ts';
import { type FrameTimes, frameAt } from '../strategies/places.ts';
import type { SuppliedFacts } from '../strategies/strategy.ts';
import type { FoundPicture } from './supplied.ts';

/** Share by which a picture's shape may differ from the clip's: working sizes are rounded, too. */
const TOLERATED = 0.02;

/** How much wider a picture is than a size of the same height; 0.1 is a tenth. */
const widerBy = (picture: Size, { width, height }: Size): number => (picture.width * height) / (picture.height * width) - 1;

const checkShape = ({ flag, width, height }: FoundPicture, drawn: Size, source: Size): void => {
  const off = [drawn, source].map(size => widerBy({ width, height }, size));
  if (off.some(share => Math.abs(share) <= TOLERATED)) return;
  const share = off[1]!;
  const percent = Math.round(100 * Math.abs(share > 0 ? share : 1 / (1 + share) - 1));
  const shape = `${width}x${height}, ${percent} % ${share > 0 ? 'wider' : 'taller'} in shape than the clip`;
  const [clip, working] = [source, drawn].map(size => `${size.width}x${size.height}`);
  throw new UsageError(`${flag}: it is ${shape} (${clip}): cut it to that shape, or to that of drawn frames (${working}).`);
};

/**
 * What a plan knows of the pictures.
 * @param drawn size of drawn frames; `source` that of the clip's
 * @throws UsageError for a frame outside the clip, two pictures for one frame, and another shape than the clip's
 */
export const suppliedFacts = (found: readonly FoundPicture[], seen: FrameTimes, drawn: Size, source: Size): SuppliedFacts => {
  const byFrame = new Map<number, FoundPicture>();
  for (const picture of found) {
    if (!picture.place) continue;
    const frame = frameAt(picture.flag, picture.place, seen);
    const other = byFrame.get(frame);
    if (other) throw new UsageError(`Two pictures for frame ${frame}, ${other.flag} and ${picture.flag}: leave one of them out.`);
    checkShape(picture, drawn, source);
    byFrame.set(frame, picture);
  }
  return {
    size: { width: drawn.width, height: drawn.height },
    digests: new Map([...byFrame].sort(([a], [b]) => a - b).map(([frame, { digest }]) => [frame, digest])),
    anchorImage: found.find(({ place }) => place === undefined)?.digest,
  };
};
