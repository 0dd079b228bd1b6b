// Text inside a PNG, where A1111's web interface and its readers look for what a picture was drawn with.

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

const crc32 = (bytes: Uint8Array): number => {
  let c = 0xffffffff;
  for (const byte of bytes) c = CRC[(c ^ byte) & 255]! ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
};

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
};

const HEADER = 8 + 25; // signature and IHDR, which has to come first

/** The PNG with a text under a keyword: a tEXt chunk where Latin-1 can write it, else an iTXt chunk (UTF-8). */
export const withPngText = (png: Buffer, keyword: string, text: string): Buffer => {
  const latin = [...text].every(c => c.codePointAt(0)! <= 0xff);
  const data = latin ? Buffer.from(`${keyword}\0${text}`, 'latin1') : Buffer.from(`${keyword}\0\0\0\0\0${text}`, 'utf8');
  return Buffer.concat([png.subarray(0, HEADER), chunk(latin ? 'tEXt' : 'iTXt', data), png.subarray(HEADER)]);
};
