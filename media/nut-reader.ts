// Reads raw frames and their times out of the NUT that ffmpeg writes to stdout.
import { FfmpegOutputError } from './errors.ts';
import { FILE_ID, FLAG, START, type TimeBase } from './nut.ts';
import { type Bytes, byteReader, type Cursor, cursor, EndOfStream, readNumber } from './nut-bytes.ts';

export type RawFrame = { readonly pts: number; readonly timeBase: TimeBase; readonly data: Uint8Array };

type FrameCode = { flags: number; ptsDelta: number; multiplier: number; size: number; reserved: number };

const LARGEST_PACKET = 1_000_000; // bytes of a header; ffmpeg's have some hundred
const MOST_TIME_BASES = 1000;
const PTS_BITS = 16; // fewer are written of a time that is not written in full
const CODES = 256;
const N = 'N'.charCodeAt(0);

const damaged = (what: string): FfmpegOutputError => new FfmpegOutputError(`its NUT is damaged (${what})`);

/** What each first byte of a frame says. A run of codes shares its fields, and counts its sizes up. */
const frameCodes = ({ v, s }: Cursor): FrameCode[] => {
  const codes: FrameCode[] = [];
  let ptsDelta = 0;
  let multiplier = 1;
  while (codes.length < CODES) {
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
    if (count < 1) throw damaged('a run of no frame codes');
    for (let j = 0; j < count && codes.length < CODES; ) {
      if (codes.length === N) codes.push({ flags: FLAG.invalid, ptsDelta: 0, multiplier: 1, size: 0, reserved: 0 });
      else codes.push({ flags, ptsDelta, multiplier, size: size + j++, reserved });
    }
  }
  return codes;
};

/** What the headers say, the time of the last frame or syncpoint in ticks, and whether the index has come, which closes the file. */
type State = { closed: boolean; bases: TimeBase[]; base: number; codes: FrameCode[]; shift: number; last: number };

const readMain = (numbers: Cursor): Pick<State, 'bases' | 'codes'> => {
  const { v } = numbers;
  const version = v();
  if (version > 3) v();
  v(); // streams
  v(); // max distance
  const count = v();
  if (count < 1 || count > MOST_TIME_BASES) throw damaged(`${count} time bases`);
  const bases = Array.from({ length: count }, () => ({ num: v(), den: v() }));
  if (bases.some(({ num, den }) => num === 0 || den === 0)) throw damaged('a time base of 0');
  return { bases, codes: frameCodes(numbers) };
};

const readStream = ({ v, skip }: Cursor): Pick<State, 'base' | 'shift'> => {
  v(); // id
  v(); // class
  skip(v()); // fourcc
  const [base, shift] = [v(), v()];
  if (shift >= PTS_BITS) throw damaged(`times of ${shift} bits`);
  return { base, shift };
};

const timeBase = ({ bases, base }: State): TimeBase => {
  const found = bases[base];
  if (!found) throw damaged('a stream without a time base');
  return found;
};

/** A packet that begins with `N`: headers and syncpoints are read, the index and what else there is is passed over. */
const readPacket = async (bytes: Bytes, state: State): Promise<void> => {
  const start = (BigInt(N) << 56n) | Buffer.from(await bytes.take(7)).reduce((code, byte) => (code << 8n) | BigInt(byte), 0n);
  const length = await readNumber(bytes);
  if (length > 4096) await bytes.pass(4); // the checksum of its own header
  if (start !== START.main && start !== START.stream && start !== START.syncpoint) {
    await bytes.pass(length);
    state.closed ||= start === START.index;
    return;
  }
  if (length > LARGEST_PACKET) throw damaged(`a header of ${length} bytes`);
  const numbers = cursor(await bytes.take(length));
  if (start === START.main) Object.assign(state, readMain(numbers));
  else if (start === START.stream) Object.assign(state, readStream(numbers));
  else state.last = syncTime(numbers.v(), state);
};

const readFrame = async (first: number, bytes: Bytes, state: State, frameBytes: number): Promise<RawFrame> => {
  const code = state.codes[first];
  if (!code || code.flags & FLAG.invalid) throw damaged('a frame of an unknown code');
  const flags = code.flags & FLAG.coded ? code.flags ^ (await readNumber(bytes)) : code.flags;
  if (flags & FLAG.streamId) await readNumber(bytes);
  state.last = flags & FLAG.codedPts ? fullPts(await readNumber(bytes), state) : state.last + code.ptsDelta;
  const size = code.size + (flags & FLAG.sizeMsb ? code.multiplier * (await readNumber(bytes)) : 0);
  if (flags & FLAG.matchTime) await readNumber(bytes);
  if (flags & FLAG.headerIndex) await readNumber(bytes);
  const reserved = flags & FLAG.reserved ? await readNumber(bytes) : code.reserved;
  for (let i = 0; i < reserved; i++) await readNumber(bytes);
  if (flags & FLAG.checksum) await bytes.pass(4);
  if (size !== frameBytes) throw damaged(`a frame of ${size} bytes, not ${frameBytes}`);
  return { pts: state.last, timeBase: timeBase(state), data: await bytes.take(size) };
};

/**
 * The frames of the one video stream in a NUT file, in order, as they arrive;
 * a file that ends inside a frame yields the complete ones before it.
 * Nothing is read ahead beyond the source's own chunks, and no more is held than a frame.
 * @param frameBytes bytes of each frame
 * @returns whether the file was closed: its writer puts an index behind the last frame
 * @throws FfmpegOutputError for what is no NUT, is damaged, or has frames of another size
 */
export async function* readNut(source: AsyncIterable<Uint8Array>, frameBytes: number): AsyncGenerator<RawFrame, boolean, undefined> {
  const bytes = byteReader(source);
  const state: State = { closed: false, bases: [], base: 0, codes: [], shift: 0, last: 0 };
  try {
    if (await bytes.ended()) return false;
    const id = Buffer.from(await bytes.take(FILE_ID.length)).toString('latin1');
    if (id !== FILE_ID) throw new FfmpegOutputError('it did not write NUT');
    while (!(await bytes.ended())) {
      const first = await bytes.byte();
      if (first === N) await readPacket(bytes, state);
      else yield await readFrame(first, bytes, state, frameBytes);
    }
  } catch (error) {
    if (!(error instanceof EndOfStream)) throw error;
  }
  return state.closed;
}

/** A syncpoint's time, written as ticks of any of the time bases, in ticks of the stream's. */
const syncTime = (coded: number, state: State): number => {
  const to = timeBase(state);
  const from = state.bases[coded % state.bases.length]!;
  const ticks = Math.floor(coded / state.bases.length);
  return from === to ? ticks : Math.floor((ticks * from.num * to.den) / (from.den * to.num));
};

/** A time written in full (offset by 2^shift), or its low bits, nearest to the last one. */
const fullPts = (coded: number, { last, shift }: State): number => {
  const span = 2 ** shift;
  if (coded >= span) return coded - span;
  const base = last - Math.floor((span - 1) / 2);
  return base + ((((coded - base) % span) + span) % span);
};
