// Damage to files as bytes.
import type { Random } from './random.ts';

const EDGES = [0, 1, 0x20, 0x22, 0x5b, 0x7b, 0x7f, 0x80, 0xfe, 0xff] as const;
const WIDE = [0n, 1n, 0x7fn, 0xffffn, 0x7fffffffn, 0xffffffffn, 2n ** 40n, 2n ** 50n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n] as const;

/** Where damage goes: mostly into the head, where formats say what follows. */
const place = (bytes: Uint8Array, random: Random): number =>
  random.below(Math.max(1, random.chance(0.7) ? Math.min(bytes.length, 600) : bytes.length));

type Damage = (bytes: Buffer, random: Random) => Buffer;

const DAMAGES: readonly Damage[] = [
  (bytes, random) => {
    bytes[place(bytes, random)] = random.chance(0.5) ? random.pick(EDGES) : random.below(256);
    return bytes;
  },
  (bytes, random) => {
    const at = place(bytes, random);
    bytes[at] = bytes[at]! ^ (1 << random.below(8));
    return bytes;
  },
  (bytes, random) => {
    const [value, at] = [random.pick(WIDE), place(bytes, random)];
    const width = random.pick([1, 2, 4, 8]);
    if (at + width > bytes.length) return bytes;
    const own = Buffer.alloc(8);
    const big = random.chance(0.5);
    if (big) own.writeBigUInt64BE(value);
    else own.writeBigUInt64LE(value);
    own.copy(bytes, at, big ? 8 - width : 0, big ? 8 : width);
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, place(bytes, random)),
  (bytes, random) => {
    const [at, length] = [place(bytes, random), random.below(40)];
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
  },
  (bytes, random) => {
    const [at, from, length] = [place(bytes, random), place(bytes, random), random.below(80)];
    const times = random.chance(0.1) ? 200 : 1 + random.below(3);
    const copy = bytes.subarray(from, from + length);
    return Buffer.concat([bytes.subarray(0, at), ...Array<Buffer>(times).fill(copy), bytes.subarray(at)]);
  },
];

/** A copy with one to four faults. */
export const damageBytes = (bytes: Uint8Array, random: Random): Buffer => {
  let damaged = Buffer.from(bytes);
  for (let i = 1 + random.below(4); i > 0 && damaged.length > 0; i--) damaged = Buffer.from(random.pick(DAMAGES)(damaged, random));
  return damaged;
};
