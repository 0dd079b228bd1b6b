// The bytes of a NUT stream as they arrive, and the numbers of its packets.
import { FfmpegOutputError } from './errors.ts';

/** The stream ended inside a packet: the process that wrote it was cut short. */
export class EndOfStream extends Error {}

export type Bytes = {
  /** The next `n` bytes, in memory of their own. */
  take(n: number): Promise<Uint8Array>;
  /** Reads `n` bytes and keeps none of them. */
  pass(n: number): Promise<void>;
  byte(): Promise<number>;
  /** Whether nothing is left. */
  ended(): Promise<boolean>;
};

/** All but `ended` reject with EndOfStream where the source has too few bytes. */
export const byteReader = (source: AsyncIterable<Uint8Array>): Bytes => {
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
  const each = async (n: number, visit: (part: Uint8Array, filled: number) => void): Promise<void> => {
    for (let filled = 0; filled < n; ) {
      if (!(await more())) throw new EndOfStream();
      const part = chunk.subarray(at, at + n - filled);
      visit(part, filled);
      filled += part.length;
      at += part.length;
    }
  };
  return {
    take: async n => {
      const out = new Uint8Array(n);
      await each(n, (part, filled) => out.set(part, filled));
      return out;
    },
    pass: n => each(n, () => undefined),
    byte: async () => {
      if (!(await more())) throw new EndOfStream();
      return chunk[at++]!;
    },
    ended: async () => !(await more()),
  };
};

const damaged = (): FfmpegOutputError => new FfmpegOutputError('its NUT is damaged');

/** A number so far, with the next byte's seven bits behind it. */
const extended = (value: number, byte: number): number => {
  const next = value * 128 + (byte & 127);
  if (next > Number.MAX_SAFE_INTEGER) throw damaged();
  return next;
};

/** The next number of the stream: seven bits a byte, the last of them below 128. */
export const readNumber = async (bytes: Bytes): Promise<number> => {
  for (let value = 0; ; ) {
    const byte = await bytes.byte();
    value = extended(value, byte);
    if (byte < 128) return value;
  }
};

export type Cursor = {
  /** The next number. */
  readonly v: () => number;
  /** The next number with a sign. */
  readonly s: () => number;
  readonly skip: (n: number) => void;
};

/** Numbers as NUT spells them, over a packet's bytes; they throw behind its end. */
export const cursor = (packet: Uint8Array): Cursor => {
  let at = 0;
  const v = (): number => {
    for (let value = 0; ; ) {
      const byte = packet[at++];
      if (byte === undefined) throw damaged();
      value = extended(value, byte);
      if (byte < 128) return value;
    }
  };
  const s = (): number => {
    const value = v() + 1;
    return value % 2 ? -Math.floor(value / 2) : value / 2;
  };
  return { v, s, skip: n => void (at += n) };
};
