// A clip with its sides cut off.
import type { Crop } from '../config/crop.ts';
import { UsageError } from '../config/errors.ts';
import type { MediaInfo } from './probe.ts';

/** What is left of a clip: the sides that are cut off, and the displayed size before. */
export type Cropping = Crop & { readonly of: { readonly width: number; readonly height: number } };

/** The clip as it is after cropping. @throws UsageError when nothing is left */
export const cropped = (info: MediaInfo, sides: Crop | undefined): MediaInfo => {
  if (!sides) return info;
  const width = info.width - sides.left - sides.right;
  const height = info.height - sides.top - sides.bottom;
  if (width < 2 || height < 2) {
    throw new UsageError(`--crop leaves nothing of ${info.path}, which is ${info.width}x${info.height}.`);
  }
  return { ...info, width, height, crop: { ...sides, of: { width: info.width, height: info.height } } };
};

/** The filter, in shares of the decoded picture, whose pixels need not be square. */
export const cropFilters = ({ width, height, crop }: MediaInfo): string[] => {
  if (!crop) return [];
  const { left, top, of } = crop;
  return [`crop=iw*${width}/${of.width}:ih*${height}/${of.height}:iw*${left}/${of.width}:ih*${top}/${of.height}:exact=1`];
};
