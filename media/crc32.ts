// CRC-32 with polynomial 0x04C11DB7, in the two bit orders that containers have.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  return crc >>> 0;
});

/** The lowest `count` bits in reverse order. */
const mirrored = (bits: number, count: number): number => {
  let out = 0;
  for (let n = 0; n < count; n++) out = (out << 1) | ((bits >>> n) & 1);
  return out >>> 0;
};

/** Most significant bit first; NUT's has start 0. */
export const crc32 = (bytes: Uint8Array, start = 0): number => {
  let crc = start;
  for (const byte of bytes) crc = (crc << 8) ^ TABLE[(crc >>> 24) ^ byte]!;
  return crc >>> 0;
};

/** Least significant bit first, start and result inverted: PNG's and zlib's. */
export const crc32OfPng = (bytes: Uint8Array): number =>
  ~mirrored(
    crc32(
      Uint8Array.from(bytes, byte => mirrored(byte, 8)),
      0xffffffff,
    ),
    32,
  ) >>> 0;
