// The amplitude of feature maps by frequency, as in FreeU's Fourier analysis (Si et al. 2023, after Park and Kim 2022).
import type { Tensor } from '../../models/tensor.ts';
import { amplitudes2d } from './fft.ts';

/** Frequencies of the bins, in units of pi: 0 alone, then rings of width 1/8 around k/8, up to the highest along a side. */
export const FREQUENCIES = Array.from({ length: 9 }, (_, k) => k / 8);

/** Natural logarithms of the mean amplitude in each bin; null for a ring that a small map has no frequency in. */
export type Spectrum = readonly (number | null)[];

/** What is less than this share of the largest amplitude is rounding. */
const FLOOR = 1e-9;

/** Bin of each frequency of a map; -1 in the corners, beyond pi. */
const binsOf = (height: number, width: number): Int8Array => {
  const part = (k: number, n: number): number => (2 * Math.min(k, n - k)) / n; // |frequency| / pi
  return Int8Array.from({ length: height * width }, (_, i) => {
    const radius = Math.hypot(part(Math.floor(i / width), height), part(i % width, width));
    if (radius === 0) return 0;
    const bin = Math.max(1, Math.round(radius * 8));
    return bin < FREQUENCIES.length ? bin : -1;
  });
};

/**
 * The spectrum of features [n, c, h, w], of the last of the n alone: the prompt's half of a guidance pair. Amplitudes |F| are averaged
 * over channels and rings of frequencies, then their logarithm is taken (FreeU's Fourier analysis, Si et al. 2023).
 */
export const spectrumOf = ({ dims, data }: Tensor): Spectrum => {
  const [n, channels, height, width] = dims as [number, number, number, number];
  const size = height * width;
  const bins = binsOf(height, width);
  const sums = new Float64Array(FREQUENCIES.length);
  const counts = new Float64Array(FREQUENCIES.length);
  for (let c = 0; c < channels; c++) {
    const from = ((n - 1) * channels + c) * size;
    const amplitudes = amplitudes2d(data.subarray(from, from + size), height, width);
    for (let i = 0; i < size; i++) {
      const bin = bins[i]!;
      if (bin < 0) continue;
      sums[bin]! += amplitudes[i]!;
      counts[bin]! += 1;
    }
  }
  const means = FREQUENCIES.map((_, k) => (counts[k]! > 0 ? sums[k]! / counts[k]! : null));
  const floor = Math.max(FLOOR * Math.max(...means.map(m => m ?? 0)), Number.MIN_VALUE);
  return means.map(m => (m === null ? null : Math.log(Math.max(m, floor))));
};

/** Means of a relative spectrum over the low (0 to pi/4) and the high frequencies (pi/2 to pi). */
export type Bands = { readonly low: number | null; readonly high: number | null };

const mean = (values: readonly (number | null)[]): number | null => {
  const present = values.filter(v => v !== null);
  return present.length === 0 ? null : present.reduce((a, b) => a + b, 0) / present.length;
};

/** A spectrum less the log amplitude of a reference at frequency 0. */
export const relativeTo = (reference: Spectrum, spectrum: Spectrum): Spectrum =>
  spectrum.map(v => (v === null ? null : v - (reference[0] ?? 0)));

/** The means of a relative spectrum over its low and its high frequencies. */
export const bandsOf = (relative: Spectrum): Bands => ({ low: mean(relative.slice(0, 3)), high: mean(relative.slice(4)) });

/** Bin by bin means of several spectra. */
export const meanSpectrum = (spectra: readonly Spectrum[]): Spectrum => FREQUENCIES.map((_, k) => mean(spectra.map(s => s[k] ?? null)));
