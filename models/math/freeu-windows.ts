// Which channels and which frequencies FreeU's stages touch where they are asked for more than the authors' halves and boxes: the rules of
// the web UI's extension (sd-webui-freeu), whose numbers users have.
import { roundHalfEven } from '../../config/round-half-even.ts';

/** Channels as shares of all: where the window begins and how wide it is; it wraps around. */
export type ChannelWindow = { readonly offset: number; readonly width: number };

/** Channels from `first` up to `end` (which is not one of them) are the window; or with `inside` false all others are. */
export type WindowedChannels = { readonly first: number; readonly end: number; readonly inside: boolean };

/**
 * The channels of a window, both of its ends included: round(offset C) to round((offset + width) C), halves to even, so that a width of 0.5
 * has C/2 + 1 channels. A negative width moves the offset down by it; an offset below 0 wraps; a width is at most 1. Where offset + width
 * is more than 1, the window is what lies outside of round((offset + width - 1) C) to round(offset C).
 * @param window default: the first half, C/2 channels rounded down, as FreeU's authors have it
 */
export const windowedChannels = (window: ChannelWindow | undefined, channels: number): WindowedChannels => {
  if (!window) return { first: 0, end: Math.floor(channels / 2), inside: true };
  const width = Math.min(Math.abs(window.width), 1);
  const begin = window.width < 0 ? window.offset + window.width : window.offset;
  const offset = (begin < 0 ? 1 + begin - Math.trunc(begin) : begin) % 1;
  const inside = width + offset <= 1;
  const [from, to] = inside ? [offset, width + offset] : [width + offset - 1, offset];
  const first = roundHalfEven(from * channels);
  const last = roundHalfEven(to * channels);
  return { first: Math.min(first, channels), end: Math.min(last + 1, channels), inside };
};

/** Half the side of the box of low frequencies along a side of so many samples: it holds -r to r - 1. */
export const boxReach = (samples: number, cutoff: number): number => Math.max(1, Math.floor(Math.floor(samples / 2) * cutoff));
