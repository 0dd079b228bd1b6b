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

/** Channels of the layouts above, in ffmpeg's order. */
const CHANNELS: Readonly<Record<string, string>> = {
  mono: 'FC',
  stereo: 'FL+FR',
  '2.1': 'FL+FR+LFE',
  '3.0': 'FL+FR+FC',
  '3.0(back)': 'FL+FR+BC',
  '3.1': 'FL+FR+FC+LFE',
  '4.0': 'FL+FR+FC+BC',
  quad: 'FL+FR+BL+BR',
  'quad(side)': 'FL+FR+SL+SR',
  '4.1': 'FL+FR+FC+LFE+BC',
  '5.0': 'FL+FR+FC+BL+BR',
  '5.0(side)': 'FL+FR+FC+SL+SR',
  '5.1': 'FL+FR+FC+LFE+BL+BR',
  '5.1(side)': 'FL+FR+FC+LFE+SL+SR',
  '6.0': 'FL+FR+FC+BC+SL+SR',
  hexagonal: 'FL+FR+FC+BL+BR+BC',
  '6.1': 'FL+FR+FC+LFE+BC+SL+SR',
  '6.1(back)': 'FL+FR+FC+LFE+BL+BR+BC',
  '7.1': 'FL+FR+FC+LFE+BL+BR+SL+SR',
};

const sorted = (channels: string): string => channels.split('+').toSorted().join();
const NAMES: ReadonlyMap<string, string> = new Map(Object.entries(CHANNELS).map(([name, channels]) => [sorted(channels), name]));

/**
 * The name of a layout. One whose channels lie in an order of the file's own is told by them, as in `7 channels (FL+FR+FC+LFE+SL+SR+BC)`,
 * and gets the name of the layout that has the same.
 */
export const layoutName = (layout: string | undefined, channels: number | undefined): string => {
  const listed = /^\d+ channels \((.+)\)$/.exec(layout ?? '')?.[1];
  if (listed !== undefined) return NAMES.get(sorted(listed)) ?? listed;
  return layout ?? BY_COUNT[(channels ?? 2) - 1] ?? '';
};

/**
 * The layout that sound is brought to before an encoder, its own or another; `undefined` where ffmpeg does so by itself. libopus refuses
 * also a layout that it takes when the channels lie in another order than ffmpeg's, which not every ffprobe tells.
 */
export const layoutFor = (encoder: string, layout: string | undefined, channels: number | undefined): string | undefined => {
  if (encoder !== 'libopus') return undefined; // ffmpeg brings sound to what the other encoders list
  const name = layoutName(layout, channels);
  return OPUS.includes(name) ? name : (OPUS_FOR[name] ?? '7.1');
};
