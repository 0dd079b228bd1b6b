// A decoded picture and its place in the clip.

/** RGB24 pixels, row-major, 3 bytes a pixel. */
export type Picture = {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** `width * height * 3` bytes. */
  readonly data: Uint8Array;
};

/** One frame of a clip at working size. */
export type Frame = Picture & {
  /** Position in the clip (of the selected range), from 0. */
  readonly index: number;
  /** Presentation time in seconds since the start of the clip. */
  readonly time: number;
};
