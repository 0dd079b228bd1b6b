// Reads raw frames and their times out of the NUT that ffmpeg writes to stdout.
import { FILE_ID, FLAG, START, type TimeBase } from './nut.ts';

export type RawFrame = { readonly pts: number; readonly timeBase: TimeBase; readonly data: Uint8Array };

type FrameCode = { flags: number; ptsDelta: number; multiplier: number; size: number; reserved: number };

type Bytes = {
  /** The next `n` bytes, in memory of their own. */
  take(n: number): Promise<Uint8Array>;
  byte(): Promise<number>;
  /** Whether nothing is left. */
  ended(): Promise<boolean>;
};

/** The file ended inside a packet: the process that wrote it was cut short. */
class EndOfStream extends Error {}

const byteReader = (source: AsyncIterable<Uint8Array>): Bytes => {
  const chunks = source[Symbol.asyncIterator]();
  let chunk: Uint8Array = new Uint8Array(0);
  let at = 0;
  const more = async (): Promise<boolean> => {
    while (at >= chunk.length) {
      const next = await chunks.next();
      if (next.done) return false;
      chunk = next.value;
      at = 0;
    }
    return true;
  };
  return {
    take: async n => {
      const out = new Uint8Array(n);
      for (let filled = 0; filled < n; ) {
        if (!(await more())) throw new EndOfStream();
        const part = chunk.subarray(at, at + n - filled);
        out.set(part, filled);
        filled += part.length;
        at += part.length;
      }
      return out;
    },
    byte: async () => {
      if (at >= chunk.length && !(await more())) throw new EndOfStream();
      return chunk[at++]!;
    },
    ended: async () => !(await more()),
  };
};

/** Numbers as NUT spells them, over a packet's bytes. */
const cursor = (bytes: Uint8Array) => {
  let at = 0;
  const v = (): number => {
    for (let value = 0; ; ) {
      const byte = bytes[at++] ?? 0;
      value = value * 128 + (byte & 127);
      if (byte < 128) return value;
    }
  };
  const s = (): number => {
    const value = v() + 1;
    return value % 2 ? -Math.floor(value / 2) : value / 2;
  };
  return { v, s, skip: (n: number) => (at += n) };
};

const readVarint = async (bytes: Bytes): Promise<number> => {
  for (let value = 0; ; ) {
    const byte = await bytes.byte();
    value = value * 128 + (byte & 127);
    if (byte < 128) return value;
  }
};

const frameCodes = ({ v, s }: ReturnType<typeof cursor>): FrameCode[] => {
  const codes: FrameCode[] = [];
  let ptsDelta = 0;
  let multiplier = 1;
  while (codes.length < 256) {
    const flags = v();
    const fields = v();
    if (fields > 0) ptsDelta = s();
    if (fields > 1) multiplier = v();
    if (fields > 2) v(); // stream: there is one
    const size = fields > 3 ? v() : 0;
    const reserved = fields > 4 ? v() : 0;
    const count = fields > 5 ? v() : multiplier - size;
    if (fields > 6) s(); // match time
    for (let field = 7; field < fields; field++) v();
    for (let j = 0; j < count && codes.length < 256; ) {
      if (codes.length === 'N'.charCodeAt(0)) codes.push({ flags: FLAG.invalid, ptsDelta: 0, multiplier: 1, size: 0, reserved: 0 });
      else codes.push({ flags, ptsDelta, multiplier, size: size + j++, reserved });
    }
  }
  return codes;
};

/**
 * The frames of the one video stream in a NUT file, in order, as they arrive; a file that ends inside a frame yields the complete ones before it.
 * Nothing is read ahead beyond the source's own chunks.
 * @returns whether the file was closed: its writer puts an index behind the last frame
 */
export async function* readNut(source: AsyncIterable<Uint8Array>): AsyncGenerator<RawFrame, boolean, undefined> {
  const bytes = byteReader(source);
  let closed = false;
  try {
    if (await bytes.ended()) return false;
    const id = Buffer.from(await bytes.take(FILE_ID.length)).toString('latin1');
    if (id !== FILE_ID) throw new Error('ffmpeg did not write NUT');
    let bases: TimeBase[] = [];
    let base = 0;
    let codes: FrameCode[] = [];
    let shift = 0;
    let last = 0;
    while (!(await bytes.ended())) {
      const first = await bytes.byte();
      if (first === 'N'.charCodeAt(0)) {
        const start = (BigInt(first) << 56n) | Buffer.from(await bytes.take(7)).reduce((code, byte) => (code << 8n) | BigInt(byte), 0n);
        const length = await readVarint(bytes);
        if (length > 4096) await bytes.take(4);
        const { v, s, skip } = cursor(await bytes.take(length));
        if (start === START.main) {
          const version = v();
          if (version > 3) v();
          v(); // streams
          v(); // max distance
          bases = Array.from({ length: v() }, () => ({ num: v(), den: v() }));
          codes = frameCodes({ v, s, skip });
        } else if (start === START.stream) {
          v(); // id
          v(); // class
          skip(v()); // fourcc
          base = v();
          shift = v();
        } else if (start === START.index) closed = true;
        else if (start === START.syncpoint) last = syncTime(v(), bases, base);
        continue;
      }
      const code = codes[first];
      if (!code || code.flags & FLAG.invalid) throw new Error('ffmpeg wrote damaged NUT');
      const flags = code.flags & FLAG.coded ? code.flags ^ (await readVarint(bytes)) : code.flags;
      if (flags & FLAG.streamId) await readVarint(bytes);
      last = flags & FLAG.codedPts ? fullPts(await readVarint(bytes), last, shift) : last + code.ptsDelta;
      const size = code.size + (flags & FLAG.sizeMsb ? code.multiplier * (await readVarint(bytes)) : 0);
      if (flags & FLAG.matchTime) await readVarint(bytes);
      if (flags & FLAG.headerIndex) await readVarint(bytes);
      const reserved = flags & FLAG.reserved ? await readVarint(bytes) : code.reserved;
      for (let i = 0; i < reserved; i++) await readVarint(bytes);
      if (flags & FLAG.checksum) await bytes.take(4);
      yield { pts: last, timeBase: bases[base]!, data: await bytes.take(size) };
    }
  } catch (error) {
    if (!(error instanceof EndOfStream)) throw error;
  }
  return closed;
}

/** A syncpoint's time, written as ticks of any of the time bases, in ticks of the stream's. */
const syncTime = (coded: number, bases: readonly TimeBase[], base: number): number => {
  const from = bases[coded % bases.length]!;
  const ticks = Math.floor(coded / bases.length);
  return from === bases[base] ? ticks : Math.floor((ticks * from.num * bases[base]!.den) / (from.den * bases[base]!.num));
};

/** A time written in full (offset by 2^shift), or its low bits, nearest to the last one. */
const fullPts = (coded: number, last: number, shift: number): number => {
  const span = 2 ** shift;
  if (coded >= span) return coded - span;
  const base = last - Math.floor((span - 1) / 2);
  return base + ((((coded - base) % span) + span) % span);
};
