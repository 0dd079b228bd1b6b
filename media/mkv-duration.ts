// Lets a Matroska or WebM file end where its last frame does: ffmpeg takes the last frame for as long as the others.
// Elements: RFC 9559; sizes and ids are EBML's variable-length numbers (RFC 8794). What does not look as ffmpeg writes it stays as it is.
import { open } from 'node:fs/promises';

type Element = { readonly id: number; readonly start: number; readonly end: number };

const HEAD = 2 ** 20; // bytes: what ffmpeg writes before the first cluster, but for attachments
const ID = {
  segment: 0x18538067,
  info: 0x1549a966,
  scale: 0x2ad7b1,
  duration: 0x4489,
  tracks: 0x1654ae6b,
  track: 0xae,
  type: 0x83,
  uid: 0x73c5,
} as const;
const TAG_ID = { tags: 0x1254c367, tag: 0x7373, targets: 0x63c0, uid: 0x63c5, simple: 0x67c8, name: 0x45a3, text: 0x4487 } as const;
const CLUSTER = 0x1f43b675;
const VIDEO = 1; // track type

/** A variable-length number at a place, with its length in bytes; an id keeps its length marker. `undefined` where it is none. */
const varint = (bytes: Buffer, at: number, keepMarker: boolean): { value: number; length: number } | undefined => {
  const first = bytes[at];
  if (first === undefined || first === 0) return undefined;
  const length = Math.clz32(first) - 23;
  if (at + length > bytes.length) return undefined;
  let value = keepMarker ? first : first & (0xff >> length);
  for (let i = 1; i < length; i++) value = value * 256 + bytes[at + i]!;
  return { value, length };
};

/** The elements in bytes `start`..`end`; the last one may reach beyond what was read, and one of unknown size reaches to the end. */
const elements = (bytes: Buffer, start: number, end: number): Element[] => {
  const found: Element[] = [];
  for (let at = start; at < end; ) {
    const id = varint(bytes, at, true);
    const size = id && varint(bytes, at + id.length, false);
    if (!id || !size) break;
    const body = at + id.length + size.length;
    const open = size.value === 2 ** (7 * size.length) - 1;
    found.push({ id: id.value, start: body, end: open ? end : body + size.value });
    at = open ? end : body + size.value;
  }
  return found;
};

const child = (bytes: Buffer, parent: Element, id: number): Element | undefined =>
  elements(bytes, parent.start, Math.min(parent.end, bytes.length)).find(element => element.id === id && element.end <= bytes.length);

const unsigned = (bytes: Buffer, element: Element | undefined): bigint | undefined => {
  if (!element || element.end - element.start > 8) return undefined;
  return bytes.subarray(element.start, element.end).reduce((value, byte) => value * 256n + BigInt(byte), 0n);
};

const setFloat = (bytes: Buffer, { start, end }: Element, raise: number): void => {
  if (end - start === 8) bytes.writeDoubleBE(Math.max(raise, bytes.readDoubleBE(start)), start);
  else if (end - start === 4) bytes.writeFloatBE(Math.max(raise, bytes.readFloatBE(start)), start);
};

/** `00:00:02.300000000`, as the statistics tag DURATION spells it. */
const spelled = (seconds: number): string => {
  const whole = Math.floor(seconds);
  const nanoseconds = String(Math.min(999_999_999, Math.round((seconds - whole) * 1e9))).padStart(9, '0');
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}.${nanoseconds}`;
};

/** The `DURATION` tag of a track, if it has one. */
const durationTag = (bytes: Buffer, tags: Element | undefined, uid: bigint | undefined): Element | undefined => {
  for (const tag of tags ? elements(bytes, tags.start, Math.min(tags.end, bytes.length)) : []) {
    if (tag.id !== TAG_ID.tag || tag.end > bytes.length) continue;
    const targets = child(bytes, tag, TAG_ID.targets);
    if (!targets || unsigned(bytes, child(bytes, targets, TAG_ID.uid)) !== uid) continue;
    for (const simple of elements(bytes, tag.start, tag.end)) {
      const name = simple.id === TAG_ID.simple ? child(bytes, simple, TAG_ID.name) : undefined;
      if (name && bytes.toString('latin1', name.start, name.end) === 'DURATION') return child(bytes, simple, TAG_ID.text);
    }
  }
  return undefined;
};

/**
 * Raises the duration of a Matroska file, and that of its first picture track, to the end of the last frame. No byte is moved.
 * @param end seconds, on the file's clock
 */
export const endMatroskaAt = async (path: string, end: number): Promise<void> => {
  if (!(Number.isFinite(end) && end > 0)) return;
  const file = await open(path, 'r+');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    const bytes = buffer.subarray(0, bytesRead);
    const segment = elements(bytes, 0, bytesRead).find(({ id }) => id === ID.segment);
    if (!segment) return;
    const top = elements(bytes, segment.start, Math.min(segment.end, bytesRead));
    const before = top.slice(0, top.findIndex(({ id }) => id === CLUSTER) + 1 || top.length);
    const [info, tracks, tags] = [ID.info, ID.tracks, TAG_ID.tags].map(id =>
      before.find(element => element.id === id && element.end <= bytesRead),
    );
    const duration = info && child(bytes, info, ID.duration);
    if (!info || !duration) return;
    const scale = Number(unsigned(bytes, child(bytes, info, ID.scale)) ?? 1_000_000n); // nanoseconds
    if (scale > 0) setFloat(bytes, duration, (end * 1e9) / scale);
    const entries = tracks ? elements(bytes, tracks.start, tracks.end).filter(({ id }) => id === ID.track) : [];
    const video = entries.find(entry => Number(unsigned(bytes, child(bytes, entry, ID.type))) === VIDEO);
    const text = video && durationTag(bytes, tags, unsigned(bytes, child(bytes, video, ID.uid)));
    const words = spelled(end);
    if (text && text.end - text.start >= words.length) bytes.fill(0, text.start, text.end).write(words, text.start, 'latin1');
    await file.write(bytes, 0, bytesRead, 0);
  } finally {
    await file.close();
  }
};
