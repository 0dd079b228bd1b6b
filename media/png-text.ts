// Text inside a PNG, where A1111's web interface and its readers look for what a picture was drawn with.
import { crc32OfPng } from './crc32.ts';

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32OfPng(body));
  return Buffer.concat([length, body, check]);
};

const HEADER = 8 + 25; // signature and IHDR, which has to come first

/** The PNG with a text under a keyword: a tEXt chunk where Latin-1 can write it, else an iTXt chunk (UTF-8). */
export const withPngText = (png: Buffer, keyword: string, text: string): Buffer => {
  const latin = [...text].every(c => c.codePointAt(0)! <= 0xff);
  const data = latin ? Buffer.from(`${keyword}\0${text}`, 'latin1') : Buffer.from(`${keyword}\0\0\0\0\0${text}`, 'utf8');
  return Buffer.concat([png.subarray(0, HEADER), chunk(latin ? 'tEXt' : 'iTXt', data), png.subarray(HEADER)]);
};
