// `rerender/media`: clips and pictures in and out. What a file holds, its frames at any size, clips with their sound, PNGs.
export type { Range } from '../config/range.ts';
export { type Clip, type OpenClipOptions, openClip, type ReadFramesOptions, type WriteClipOptions, writeClip } from './clip.ts';
export { type Cell, contactSheet, contactSheetPng, type SheetOptions } from './contact-sheet.ts';
export { type DecodeOptions, decodeFrames } from './decode.ts';
export { type EncodeOptions, type Encoder, openEncoder } from './encode.ts';
export { type EncodePlan, encodePlan, type PlanOptions } from './encode-plan.ts';
export { FfmpegError, FfmpegMissingError, MediaError, StallError } from './errors.ts';
export { type Ffmpeg, type FindOptions, findFfmpeg, type Origin, type Tool } from './ffmpeg.ts';
export type { Frame, Picture } from './frame.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export {
  coverPicture,
  pngBytes,
  type ReadOptions as ReadPictureOptions,
  readPicture,
  readPictureAt,
  shrinkPicture,
  writePng,
} from './picture.ts';
export { openPictureSequence } from './picture-sequence.ts';
export { type Colour, type MediaInfo, type ProbeOptions, probe, type SideStream, type VideoStream } from './probe.ts';
export { type SizeOptions, workingSize } from './size.ts';
