// Channel layouts that an encoder refuses, and those it takes in their place.

/** libopus's: RFC 7845, 5.1.1.2. */
const OPUS = ['mono', 'stereo', '3.0', 'quad', '5.0', '5.1', '6.1', '7.1'];

/** The smallest of them that keeps every channel of another layout; sides count as backs, and a lone back is heard from both. */
const OPUS_FOR: Readonly<Record<string, string>> = {
  '2.1': '5.1',
  '3.0(back)': 'quad',
  '3.1': '5.1',
  '4.0': '5.0',
  'quad(side)': 'quad',
  '4.1': '5.1',
  '5.0(side)': '5.0',
  '5.1(side)': '5.1',
  '6.0': '6.1',
  hexagonal: '6.1',
  '6.1(back)': '6.1',
};

/** What ffmpeg takes a number of channels for where the file does not say. */
const BY_COUNT = ['mono', 'stereo', '2.1', '4.0', '5.0', '5.1', '6.1', '7.1'];

/** The layout that sound is brought to before an encoder, or `undefined` where it stays as it is. */
export const layoutFor = (encoder: string, layout: string | undefined, channels: number | undefined): string | undefined => {
  if (encoder !== 'libopus') return undefined; // ffmpeg brings sound to what the other encoders list
  const present = layout ?? BY_COUNT[(channels ?? 2) - 1] ?? '';
  if (OPUS.includes(present)) return undefined;
  return OPUS_FOR[present] ?? '7.1';
};
