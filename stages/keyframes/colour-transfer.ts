// Gives a frame the colours of another picture: Rerender's `color_preserve=false`.
import type { Picture } from '../../media/frame.ts';
import type { Vision } from '../vision/vision.ts';

const LEVELS = 256;
const LUMA = [0.3, 0.59, 0.11] as const; // of the W3C's compositing rules

/** Share of a channel's values that are at most v, for each v of 0..255. */
const cumulative = ({ data }: Picture, channel: number): Float64Array => {
  const share = new Float64Array(LEVELS);
  for (let i = channel; i < data.length; i += 3) share[data[i]!]! += 3 / data.length;
  for (let v = 1; v < LEVELS; v++) share[v]! += share[v - 1]!;
  return share;
};

/** The value of the target that stands at the same share, for each value that occurs; linear between the target's values. */
const matching = (source: Float64Array, target: Float64Array): Uint8Array => {
  const levels = Array.from({ length: LEVELS }, (_, v) => v).filter(v => target[v]! > (v ? target[v - 1]! : 0)); // those that occur
  let k = 0;
  return Uint8Array.from(source, share => {
    while (k < levels.length - 1 && target[levels[k]!]! < share) k++;
    const [high, low] = [levels[k] ?? 0, levels[k - 1]];
    if (low === undefined || share >= target[high]!) return high;
    const [from, to] = [target[low]!, target[high]!];
    return Math.round(low + ((share - from) / (to - from)) * (high - low));
  });
};

/** Each channel with the histogram of the target's channel. Pictures may differ in size. */
export const matchHistograms = (source: Picture, target: Picture): Picture => {
  const tables = [0, 1, 2].map(c => matching(cumulative(source, c), cumulative(target, c)));
  return { ...source, data: source.data.map((v, i) => tables[i % 3]![v]!) };
};

/** The hue and saturation of `colours` with the luminosity of `light`: the blend mode "luminosity" of the W3C's compositing rules. */
export const withLuminosity = (colours: Picture, light: Picture): Picture => {
  const data = new Uint8Array(colours.data.length);
  for (let p = 0; p < data.length; p += 3) {
    const luma = (from: Uint8Array) => LUMA[0] * from[p]! + LUMA[1] * from[p + 1]! + LUMA[2] * from[p + 2]!;
    const l = luma(light.data);
    const shift = l - luma(colours.data);
    const rgb = [0, 1, 2].map(c => colours.data[p + c]! + shift);
    const [least, most] = [Math.min(...rgb), Math.max(...rgb)];
    // What leaves 0..255 is drawn towards its own luma.
    const scale = Math.min(1, least < 0 ? l / (l - least) : 1, most > 255 ? (255 - l) / (most - l) : 1);
    for (let c = 0; c < 3; c++) data[p + c] = Math.round(l + (rgb[c]! - l) * scale);
  }
  return { ...colours, data };
};

/** A frame in the colours of `target`: its LAB histograms matched channel by channel, then its own luminosity given back. */
export const transferColours = async <P extends Picture>(frame: P, target: Picture, vision: Vision, signal: AbortSignal): Promise<P> => {
  const [frameLab, targetLab] = await Promise.all([vision.rgbToLab8(frame, signal), vision.rgbToLab8(target, signal)]);
  const matched = await vision.lab8ToRgb(matchHistograms(frameLab, targetLab), signal);
  return { ...frame, data: withLuminosity(matched, frame).data };
};
