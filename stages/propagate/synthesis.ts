// Patch synthesis of parts of a frame out of a key frame, started from the motion: PatchMatch (Barnes et al. 2009) on EbSynth's energy.
import type { Picture } from '../../media/frame.ts';
import { floats } from '../../models/tensor.ts';
import type { Bytes, Floats, Words } from '../kernels/arena.ts';
import { bindSearch, type Prices } from './bind-search.ts';
import type { PropagateKernels } from './kernels.ts';
import type { Level } from './levels.ts';
import { padded } from './warper.ts';

/** The kernels' distances are this many times EbSynth's energy. */
export const UNIT = 64;
const POSITION = 2 / 3; // EbSynth's weight of the position guide a channel, in Rerender's set-up
const PULL = UNIT * 25 * POSITION * 255 * 255; // a squared side of the picture
const UNIFORMITY = 3500; // EbSynth's default
const COARSE_ROUNDS = 2; // votes, after a scan each way
const COARSE_RADIUS = 16; // pixels of that level
const FINE_RADIUS = 4;
const LENIENCE = 1.5; // a match of the frame before wins up to this many times the motion's cost: what is made up stays the same

const ALL = 0; // no mask

export type Synthesis = {
  readonly finest: Level;
  /** Takes a key frame: its source and its stylised picture, RGB. */
  setKey(source: Picture, style: Picture): void;
  /** Takes the source of the frame to be made. Its places go to `finest.places`, a first picture of it to `finest.made`. */
  setFrame(source: Picture): void;
  /** Distances of the motion's own matches (rounded places), all pixels, in `finest.distances`. */
  measure(): void;
  /**
   * Behind `measure`: searches and votes the pixels that are active; their colours are in `finest.made` then. `number` makes the random
   * samples.
   * @param rounds votes at full size, after a scan each way
   * @param there where pixels stand in the frame made just before (x, y), whose matches are taken over; absent for the first
   */
  synthesise(number: number, rounds: number, there: Floats | undefined): void;
  /**
   * EbSynth's own procedure for the whole frame, from a random start: its energy a pixel, against the picture before the last vote.
   * @param guide the temporal guide, RGBA at full size
   */
  synthesiseAll(guide: Bytes, procedure: Procedure): Float32Array;
};

export type Procedure = { readonly votes: number; readonly scans: number; readonly number: number };

/** @param levels finest first; `earlier` and `earlierActive` hold the matches of the frame before */
export const openSynthesis = (kernels: PropagateKernels, levels: readonly Level[], earlier: Words, earlierActive: Bytes): Synthesis => {
  const finest = levels[0]!;
  const { width, height } = finest;

  const features = (level: Level, rgb: Bytes, out: Words): void => {
    kernels.lumaPlane(rgb.at, level.width * level.height, level.luma.at);
    kernels.packSource(rgb.at, level.luma.at, level.width, level.height, out.at);
  };

  const pricesOf = ({ width: w, height: h }: Level): Prices => ({
    pullX: PULL / (w * w),
    pullY: PULL / (h * h),
    evenness: (UNIT * UNIFORMITY) / 625,
  });

  /** Counts how all matches of a level use the style; what `bind` counts later is what active pixels have changed since. */
  const count = ({ width: w, height: h, matches, counted, rows }: Level): void => {
    kernels.countUses(matches.at, w, h, rows.at);
    counted.data.set(matches.data);
  };

  const bind = (level: Level): void => {
    const { width: w, height: h, matches, counted, active, rows } = level;
    kernels.recountUses(matches.at, w, h, active.at, counted.at, rows.at);
    bindSearch(kernels, level, pricesOf(level), true);
  };

  /** Distances of pixels against the picture as it is made now; of those active in `mask` (`ALL`: of all), which others do not read. */
  const evaluate = ({ width: w, height: h, keyFeatures, frameFeatures, matches, columns, distances }: Level, mask: number): void =>
    kernels.evaluate(keyFeatures.at, frameFeatures.at, w, h, matches.at, mask, columns.at, distances.at);

  /** Takes over what is made into the features, where it has changed: at active pixels. */
  const pack = ({ width: w, height: h, made, frameFeatures }: Level, mask: number): void =>
    kernels.packStyle(made.at, w, h, mask, frameFeatures.at);

  const vote = (level: Level): void => {
    kernels.vote(level.border.at, level.width, level.height, level.matches.at, level.active.at, level.made.at);
    pack(level, level.active.at);
    evaluate(level, level.active.at); // searches read no others
  };

  const prefer = (level: Level, lenience: number): void => {
    bind(level);
    kernels.prefer(level.others.at, lenience);
    vote(level);
  };

  const refine = (level: Level, rounds: number, radius: number, number: number): void => {
    for (let scan = 0; scan < 2 * rounds; scan++) {
      bind(level);
      kernels.search(scan % 2, radius, scan + 16 * level.width + 65536 * number);
      if (scan % 2 === 1) vote(level);
    }
  };

  /** Distances against the picture as it is now made, mixed with the temporal guide. */
  const evaluateGuided = (level: Level, guide: Bytes): void => {
    kernels.mixGuides(level.made.at, guide.at, 4 * level.width * level.height, level.guided.at);
    kernels.packStyle(level.guided.at, level.width, level.height, ALL, level.frameFeatures.at);
    evaluate(level, ALL);
  };

  return {
    finest,
    setKey: (source, style) => {
      finest.keyRgb.data.set(source.data);
      const [rgb, rgba] = [style.data, finest.style.data];
      for (let p = 0, at = 0; p < rgb.length; p += 3, at += 4) {
        rgba[at] = rgb[p]!;
        rgba[at + 1] = rgb[p + 1]!;
        rgba[at + 2] = rgb[p + 2]!;
      }
      for (const [n, level] of levels.entries()) {
        const finer = levels[n - 1];
        if (finer) {
          kernels.halve(finer.keyRgb.at, finer.width, finer.height, 3, level.keyRgb.at);
          kernels.halve(finer.style.at, finer.width, finer.height, 4, level.style.at);
        }
        features(level, level.keyRgb, level.keyFeatures);
        kernels.packStyle(level.style.at, level.width, level.height, ALL, level.keyFeatures.at);
        padded(level.style.data, level, 4, level.border.data);
      }
    },
    setFrame: source => {
      finest.frameRgb.data.set(source.data);
      for (const [n, level] of levels.entries()) {
        const finer = levels[n - 1];
        if (finer) kernels.halve(finer.frameRgb.at, finer.width, finer.height, 3, level.frameRgb.at);
        features(level, level.frameRgb, level.frameFeatures);
      }
    },
    measure: () => {
      kernels.seed(finest.places.at, width * height, finest.matches.at);
      pack(finest, ALL);
      evaluate(finest, ALL);
    },
    synthesise: (number, rounds, there) => {
      for (const [n, level] of levels.entries()) {
        const finer = levels[n - 1];
        if (!finer) continue;
        kernels.halveMap(finer.places.at, finer.width, finer.height, level.places.at);
        kernels.halveMask(finer.active.at, finer.width, finer.height, level.active.at);
        kernels.halve(finer.made.at, finer.width, finer.height, 4, level.made.at);
      }
      for (const level of levels.toReversed()) {
        const coarser = levels[levels.indexOf(level) + 1];
        if (level !== finest) {
          kernels.seed(level.places.at, level.width * level.height, level.matches.at);
          pack(level, ALL);
        } // the finest has been measured
        count(level);
        vote(level);
        if (coarser) {
          kernels.doubleMatches(coarser.matches.at, level.width, level.height, level.others.at);
          prefer(level, 1);
        }
        if (level !== finest) refine(level, COARSE_ROUNDS, COARSE_RADIUS, number);
      }
      if (there) {
        kernels.carry(there.at, width, height, earlier.at, earlierActive.at, finest.matches.at, finest.others.at);
        prefer(finest, LENIENCE);
      }
      refine(finest, rounds, FINE_RADIUS, number);
      earlier.data.set(finest.matches.data);
      earlierActive.data.set(finest.active.data);
    },
    synthesiseAll: (guide, { votes, scans, number }) => {
      const guides = levels.map(level => (level === finest ? guide : level.guide));
      for (const [n, level] of levels.entries()) {
        level.active.data.fill(1);
        const finer = levels[n - 1];
        if (!finer) continue;
        kernels.halveMap(finer.places.at, finer.width, finer.height, level.places.at);
        kernels.halve(guides[n - 1]!.at, finer.width, finer.height, 4, guides[n]!.at);
      }
      for (const [n, level] of [...levels.entries()].toReversed()) {
        const coarser = levels[n + 1];
        if (coarser) kernels.doubleMatches(coarser.matches.at, level.width, level.height, level.matches.at);
        else kernels.scatter(level.width, level.height, number, level.matches.at);
        kernels.vote(level.border.at, level.width, level.height, level.matches.at, level.active.at, level.made.at);
        for (let round = 0; round < votes; round++) {
          evaluateGuided(level, guides[n]!);
          for (let scan = 0; scan < scans; scan++) {
            kernels.occupancy(level.matches.at, level.width, level.height, level.rows.at, level.used.at);
            bindSearch(kernels, level, pricesOf(level));
            kernels.search(scan % 2, Math.max(level.width, level.height), scan + 8 * round + 64 * n + 65536 * number);
          }
          kernels.vote(level.border.at, level.width, level.height, level.matches.at, level.active.at, level.made.at);
        }
      }
      const { data } = finest.distances;
      return floats(data.length, p => data[p]! / UNIT);
    },
  };
};
