// The example's sound: waves on the shore under a slow chord and a few plucked notes.
import { clamp, hash, noise, smoothstep } from './noise.ts';

/** Samples a second of each channel. */
export const SAMPLE_RATE = 44100;

const CHORD = [110, 164.81, 220, 277.18, 329.63]; // A major, open
const MELODY: readonly (readonly [start: number, pitch: number])[] = [
  [0.3, 659.26],
  [0.8, 554.37],
  [1.3, 493.88],
  [1.8, 659.26],
  [2.3, 739.99],
  [2.8, 880],
];

const pluck = (t: number, pitch: number): number => {
  if (t < 0) return 0;
  const wave = Math.sin(2 * Math.PI * pitch * t) + 0.35 * Math.sin(4 * Math.PI * pitch * t) * Math.exp(-6 * t);
  return wave * Math.exp(-3.2 * t) * clamp(t * 200);
};

/** Interleaved stereo PCM, 16 bit, of the given length in seconds. Same length, same bytes. */
export const renderSound = (seconds: number): Int16Array => {
  const count = Math.round(seconds * SAMPLE_RATE);
  const pcm = new Int16Array(count * 2);
  const hiss = [0, 0];
  for (let i = 0; i < count; i++) {
    const t = i / SAMPLE_RATE;
    const fade = smoothstep(0, 0.25, t) * smoothstep(seconds, seconds - 0.5, t);
    const swell = 0.35 + 0.65 * Math.max(0, Math.sin(t * 1.7 - 0.6)) ** 2;
    let chord = 0;
    for (const [k, pitch] of CHORD.entries()) chord += Math.sin(2 * Math.PI * pitch * t + 0.6 * Math.sin(t * (1.1 + 0.3 * k))) / (k + 2);
    for (const side of [0, 1]) {
      const white = hash(i, side, 401) * 2 - 1;
      hiss[side] = hiss[side]! + (white - hiss[side]!) * (0.05 + 0.11 * swell);
      let notes = 0;
      for (const [start, pitch] of MELODY) notes += pluck(t - start - side * 0.004, pitch);
      const drift = 1 + 0.1 * noise(t * 2, side, 403);
      pcm[2 * i + side] = Math.round(32767 * fade * clamp(0.13 * chord * drift + 0.11 * notes + 0.34 * swell * hiss[side]!, -1, 1));
    }
  }
  return pcm;
};
