// NUT, the container that carries raw frames and their exact times through ffmpeg's pipes: the parts both directions share.
// Specification: https://ffmpeg.org/~michael/nut.txt. One video stream, one time base.

export const FILE_ID = 'nut/multimedia container\0';

/** First eight bytes of a packet. */
export const START = {
  main: 0x4e4d7a561f5f04adn,
  stream: 0x4e5311405bf2f9dbn,
  syncpoint: 0x4e4be4adeeca4569n,
  index: 0x4e58dd672f23e64en,
  info: 0x4e49ab68b596ba78n,
} as const;

/** Flags of a frame code. */
export const FLAG = {
  key: 1,
  codedPts: 8,
  streamId: 16,
  sizeMsb: 32,
  checksum: 64,
  reserved: 128,
  sideData: 256,
  headerIndex: 1024,
  matchTime: 2048,
  coded: 4096,
  invalid: 8192,
} as const;

/** Ticks are `num / den` seconds. */
export type TimeBase = { readonly num: number; readonly den: number };
