// Makes an mp4 or mov show its last frame for as long as wanted: ffmpeg guesses that time, or ends the picture track where its last frame
// begins. Boxes: ISO/IEC 14496-12; all numbers big-endian; version 1 of a box has 64-bit times. What does not look as ffmpeg writes it
// stays as it is.
import { type FileHandle, open } from 'node:fs/promises';

/** `start` and `end` are those of the body; `head` is where the size stands. */
type Box = { readonly type: string; readonly head: number; readonly start: number; readonly end: number };

const MOST = 2 ** 28; // bytes of a moov box: an hour of film has about a megabyte
const HEADER = 8;
const ENTRY = 8; // bytes of a run of equal samples in stts: count, duration

/** The boxes in bytes `start`..`end`, up to the first that does not fit. */
const boxes = (bytes: Buffer, start: number, end: number): Box[] => {
  const found: Box[] = [];
  for (let at = start; at + HEADER <= end; ) {
    const short = bytes.readUInt32BE(at);
    const header = short === 1 ? 16 : HEADER;
    if (at + header > end) break;
    const size = short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short || end - at;
    if (size < header || at + size > end) break;
    found.push({ type: bytes.toString('latin1', at + 4, at + 8), head: at, start: at + header, end: at + size });
    at += size;
  }
  return found;
};

/** The boxes on the way to one inside another, outermost first; `undefined` when one is missing. */
const way = (bytes: Buffer, box: Box, path: readonly string[]): Box[] | undefined => {
  const found: Box[] = [];
  for (const type of path) {
    const outer = found.at(-1) ?? box;
    const next = boxes(bytes, outer.start, outer.end).find(child => child.type === type);
    if (!next) return undefined;
    found.push(next);
  }
  return found;
};

const inside = (bytes: Buffer, box: Box, ...path: readonly string[]): Box | undefined => way(bytes, box, path)?.at(-1);

type Field = { get(): number; set(value: number): void };

/** A number in a box, at one of two places by version; `undefined` where the box is too short for it. */
const field = (bytes: Buffer, { start, end }: Box, short: number, long: number): Field | undefined => {
  const wide = start < end && bytes[start] === 1;
  const at = start + (wide ? long : short);
  if (at + (wide ? 8 : 4) > end) return undefined;
  return {
    get: () => (wide ? Number(bytes.readBigUInt64BE(at)) : bytes.readUInt32BE(at)),
    set: value => {
      if (wide) bytes.writeBigUInt64BE(BigInt(value), at);
      else bytes.writeUInt32BE(Math.min(value, 0xffffffff), at);
    },
  };
};

/** The ticks a second of an mvhd or mdhd, a field of 32 bits in both versions. */
const scaleOf = (bytes: Buffer, { start, end }: Box): number => {
  const at = start + (bytes[start] === 1 ? 20 : 12);
  return at + 4 <= end ? bytes.readUInt32BE(at) : 0;
};

/** Where the entries of a table begin and how many there are; `undefined` where it claims more than it has. */
const tableOf = (bytes: Buffer, { start, end }: Box, entry: number): { at: number; count: number } | undefined => {
  if (start + 8 > end) return undefined;
  const count = bytes.readUInt32BE(start + 4);
  return count > 0 && start + 8 + count * entry <= end ? { at: start + 8, count } : undefined;
};

type Samples = {
  /** Ticks of all samples but the last. */
  readonly before: number;
  /** Samples in the last run, and how long each is. */
  readonly run: number;
  readonly last: number;
  /** Where the last run stands. */
  readonly at: number;
};

const samplesOf = (bytes: Buffer, stts: Box): Samples | undefined => {
  const table = tableOf(bytes, stts, ENTRY);
  if (!table) return undefined;
  let sum = 0;
  for (let i = 0; i < table.count; i++) sum += bytes.readUInt32BE(table.at + i * ENTRY) * bytes.readUInt32BE(table.at + i * ENTRY + 4);
  const at = table.at + (table.count - 1) * ENTRY;
  const [run, last] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
  return run > 0 && Number.isSafeInteger(sum) ? { before: sum - last, run, last, at } : undefined;
};

/** The moov box (header included) with one run more in a table: the last sample's own, of `ticks`. */
const withLastRun = (moov: Buffer, stts: readonly Box[], { run, at }: Samples, ticks: number): Buffer => {
  const longer = Buffer.concat([moov.subarray(0, at + ENTRY), Buffer.alloc(ENTRY), moov.subarray(at + ENTRY)]);
  longer.writeUInt32BE(run - 1, at);
  longer.writeUInt32BE(1, at + ENTRY);
  longer.writeUInt32BE(ticks, at + ENTRY + 4);
  const table = stts.at(-1)!;
  longer.writeUInt32BE(moov.readUInt32BE(table.start + 4) + 1, table.start + 4);
  for (const { head, start } of stts) {
    if (start - head === HEADER) longer.writeUInt32BE(moov.readUInt32BE(head) + ENTRY, head);
    else longer.writeBigUInt64BE(moov.readBigUInt64BE(head + 8) + BigInt(ENTRY), head + 8);
  }
  return longer;
};

/** Sets the durations of the track, its edit list and the film; all of them agree then. */
const setDurations = (moov: Buffer, track: Box, whole: Box, ticks: number, shown: number): void => {
  const mvhd = inside(moov, whole, 'mvhd');
  const tkhd = inside(moov, track, 'tkhd');
  const mdhd = inside(moov, track, 'mdia', 'mdhd');
  const elst = inside(moov, track, 'edts', 'elst');
  const scale = mvhd ? scaleOf(moov, mvhd) : 0;
  if (!mvhd || !tkhd || !mdhd || scale === 0) return;
  const segment = Math.ceil(shown * scale - 1e-6);
  let total = segment;
  const wide = elst && moov[elst.start] === 1 ? 20 : 12;
  const edits = elst && tableOf(moov, elst, wide);
  if (elst && edits) {
    const lengths = Array.from({ length: edits.count }, (_, i) => field(moov, elst, 8 + i * wide, 8 + i * wide)!);
    lengths.at(-1)!.set(segment);
    total = lengths.reduce((sum, length) => sum + length.get(), 0);
  }
  if (!Number.isSafeInteger(total)) return;
  field(moov, mdhd, 16, 24)?.set(ticks);
  field(moov, tkhd, 20, 28)?.set(total);
  const others = boxes(moov, whole.start, whole.end)
    .filter(({ type }) => type === 'trak')
    .map(trak => inside(moov, trak, 'tkhd'))
    .map(box => (box ? (field(moov, box, 20, 28)?.get() ?? 0) : 0));
  const longest = others.reduce((most, length) => Math.max(most, length), total);
  if (Number.isSafeInteger(longest)) field(moov, mvhd, 16, 24)?.set(longest);
};

/**
 * The moov box (header included) whose picture track is shown for `shown` seconds, its last frame for what is left of them.
 * @param room bytes by which the box may grow
 */
const lengthened = (moov: Buffer, shown: number, step: number, room: number): Buffer | undefined => {
  const whole = boxes(moov, 0, moov.length)[0];
  if (!whole) return undefined;
  const tracks = boxes(moov, whole.start, whole.end).filter(({ type }) => type === 'trak');
  const track = tracks.find(trak => {
    const handler = inside(moov, trak, 'mdia', 'hdlr');
    return handler && moov.toString('latin1', handler.start + 8, handler.start + 12) === 'vide';
  });
  const mdhd = track && inside(moov, track, 'mdia', 'mdhd');
  const table = track && way(moov, track, ['mdia', 'minf', 'stbl', 'stts']);
  const scale = mdhd ? scaleOf(moov, mdhd) : 0;
  const samples = table && samplesOf(moov, table.at(-1)!);
  if (!samples || scale === 0) return undefined;
  const wanted = Math.round(shown * scale);
  const last = wanted > samples.before ? wanted - samples.before : Math.max(1, Math.round(step * scale));
  if (!(last > 0 && last <= 0xffffffff)) return undefined;
  let result = moov;
  let ticks = samples.before + last;
  if (samples.run === 1) moov.writeUInt32BE(last, samples.at + 4);
  else if (samples.last !== last && room >= ENTRY) result = withLastRun(moov, [whole, track, ...table], samples, last);
  else if (samples.last !== last) ticks = Math.max(ticks, samples.before + samples.last);
  const again = boxes(result, 0, result.length)[0];
  const grown = again && boxes(result, again.start, again.end).find(({ head }) => head === track.head);
  if (!again || !grown) return undefined;
  setDurations(result, grown, again, ticks, shown);
  return result;
};

type Found = {
  readonly at: number;
  readonly moov: Buffer;
  /** Bytes of the free space behind it; infinite at the end of the file. */
  readonly room: number;
};

/** The moov box of a file, header included, where it stands, and the room behind it. */
const findMoov = async (file: FileHandle): Promise<Found | undefined> => {
  const { size: end } = await file.stat();
  const header = Buffer.alloc(16);
  let found: { at: number; moov: Buffer } | undefined;
  for (let at = 0; at + HEADER <= end; ) {
    const { bytesRead } = await file.read(header, 0, 16, at);
    const short = header.readUInt32BE(0);
    const long = short === 1;
    if (bytesRead < (long ? 16 : HEADER)) return undefined;
    const size = long ? Number(header.readBigUInt64BE(8)) : short || end - at;
    if (size < (long ? 16 : HEADER) || at + size > end) return undefined;
    const type = header.toString('latin1', 4, 8);
    if (found) return { ...found, room: /^(free|wide|skip)$/.test(type) && !long && short > 0 ? size : 0 };
    if (type === 'moov') {
      if (size > MOST) return undefined;
      found = { at, moov: Buffer.alloc(size) };
      await file.read(found.moov, 0, size, at);
    }
    at += size;
  }
  return found && { ...found, room: Number.POSITIVE_INFINITY };
};

/** What is left of free space of `room` bytes; nothing where it is used up. `undefined` where it cannot be told in a box. */
const leftOver = (room: number, used: number): Buffer | undefined => {
  const left = room - used;
  if (used === 0 || left === 0 || room === Number.POSITIVE_INFINITY) return Buffer.alloc(0);
  if (left < HEADER) return undefined;
  const box = Buffer.alloc(HEADER);
  box.writeUInt32BE(left, 0);
  box.write('free', 4, 'latin1');
  return box;
};

/**
 * Lets the first picture track of an mp4 or mov last until the end of its last frame. Nothing but the moov box changes: it grows into free
 * space behind it, which ffmpeg leaves; where there is none, the track and its edit list are set alone. Any other file stays as it is.
 * @param shown seconds from the first frame's begin to the last one's end
 * @param step seconds that the last frame is shown
 */
export const showLastFrame = async (path: string, shown: number, step: number): Promise<void> => {
  if (!(Number.isFinite(shown) && shown > 0)) return;
  const file = await open(path, 'r+');
  try {
    const found = await findMoov(file);
    if (!found) return;
    const room = leftOver(found.room, ENTRY) === undefined ? 0 : found.room;
    const before = found.moov.length;
    const moov = lengthened(found.moov, shown, step, room);
    if (!moov) return;
    const bytes = Buffer.concat([moov, leftOver(found.room, moov.length - before) ?? Buffer.alloc(0)]);
    await file.write(bytes, 0, bytes.length, found.at);
  } finally {
    await file.close();
  }
};
