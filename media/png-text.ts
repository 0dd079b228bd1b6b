// Text inside a PNG, where A1111's web interface and its readers look for what a picture was drawn with.
import { inflateSync } from 'node:zlib';
import { crc32OfPng } from './crc32.ts';
import { MediaError } from './errors.ts';

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32OfPng(body));
  return Buffer.concat([length, body, check]);
};

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const HEADER = SIGNATURE.length + 25; // and IHDR, which has to come first

/** The PNG with a text under a keyword: a tEXt chunk where Latin-1 can write it, else an iTXt chunk (UTF-8). */
export const withPngText = (png: Buffer, keyword: string, text: string): Buffer => {
  const latin = [...text].every(c => c.codePointAt(0)! <= 0xff);
  const data = latin ? Buffer.from(`${keyword}\0${text}`, 'latin1') : Buffer.from(`${keyword}\0\0\0\0\0${text}`, 'utf8');
  return Buffer.concat([png.subarray(0, HEADER), chunk(latin ? 'tEXt' : 'iTXt', data), png.subarray(HEADER)]);
};

const MOST_TEXT = 1 << 20; // bytes of a text, unpacked

/** The first marks of other files that people take for PNGs. */
const OTHERS: readonly (readonly [mark: Buffer, what: string])[] = [
  [Buffer.from([0xff, 0xd8, 0xff]), 'a JPEG'],
  [Buffer.from('RIFF', 'latin1'), 'a WebP or AVI'],
  [Buffer.from('GIF8', 'latin1'), 'a GIF'],
];

/** Keyword and text of a tEXt, zTXt or iTXt chunk; undefined for a packing that is not known. @throws where it is not what it says */
const textOf = (type: string, data: Buffer): readonly [keyword: string, text: string] | undefined => {
  const end = data.indexOf(0);
  if (end < 0) throw new Error('its keyword has no end');
  const keyword = data.toString('latin1', 0, end);
  const unpacked = (bytes: Buffer): Buffer => inflateSync(bytes, { maxOutputLength: MOST_TEXT });
  if (type === 'tEXt') return [keyword, data.toString('latin1', end + 1)];
  if (type === 'zTXt') return data[end + 1] === 0 ? [keyword, unpacked(data.subarray(end + 2)).toString('latin1')] : undefined;
  const [packed, method] = [data[end + 1], data[end + 2]]; // iTXt: then a language and a translated keyword, each with a zero behind it
  const language = data.indexOf(0, end + 3);
  const translated = language < 0 ? -1 : data.indexOf(0, language + 1);
  if (translated < 0) throw new Error('its language has no end');
  const rest = data.subarray(translated + 1);
  if (packed === 1 && method !== 0) return undefined;
  return [keyword, (packed === 1 ? unpacked(rest) : rest).toString('utf8')];
};

/**
 * The texts of a PNG by their keywords; of several under one keyword the first.
 * @param where the file, for messages
 * @throws MediaError for another kind of file, and for a damaged one, which say where it is damaged
 */
export const pngTexts = (png: Buffer, where: string): ReadonlyMap<string, string> => {
  if (!png.subarray(0, SIGNATURE.length).equals(SIGNATURE)) {
    const other = OTHERS.find(([mark]) => png.subarray(0, mark.length).equals(mark))?.[1];
    const what = png.length === 0 ? 'is empty' : `is ${other ?? 'no PNG'}`;
    throw new MediaError('PNG_TEXT', `${where} ${what}: what a picture was drawn with is read from PNGs alone; give the PNG itself`);
  }
  const damaged = (at: number, what: string): MediaError =>
    new MediaError('PNG_TEXT', `${where} is damaged at byte ${at}: ${what}; give a whole copy of it`);
  const texts = new Map<string, string>();
  for (let at = SIGNATURE.length; at < png.length; ) {
    if (png.length - at < 12) throw damaged(at, 'a chunk is cut short');
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const end = at + 8 + length;
    if (end + 4 > png.length) throw damaged(at, `a chunk of ${length} bytes is cut short`);
    if (['tEXt', 'zTXt', 'iTXt'].includes(type)) {
      if (length > MOST_TEXT) throw damaged(at, `its text has ${length} bytes, at most ${MOST_TEXT} are read`);
      if (crc32OfPng(png.subarray(at + 4, end)) !== png.readUInt32BE(end)) throw damaged(at, 'its text does not match its checksum');
      const found = tried(
        () => textOf(type, png.subarray(at + 8, end)),
        reason => damaged(at, reason),
      );
      if (found && !texts.has(found[0])) texts.set(found[0], found[1]);
    }
    if (type === 'IEND') break;
    at = end + 4;
  }
  return texts;
};

const tried = <T>(work: () => T, error: (reason: string) => Error): T => {
  try {
    return work();
  } catch (cause) {
    throw error(cause instanceof RangeError ? `its text has more than ${MOST_TEXT} bytes` : (cause as Error).message);
  }
};
