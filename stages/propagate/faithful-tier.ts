// Tier `faithful`: EbSynth's synthesis and Rerender's fusion as published, for comparison; slow.
//
// As there: energy, weights, uniformity 3500, pyramid to a short side of 11, random start, 6 votes of 4 scans a level, error-weighted
// mask with Rerender's ramp, histogram blend, screened Poisson. Different: levels are averaged instead of sampled, the edge guide is of
// the luma, the position guide exact instead of 8 bits, occupancy is counted once a scan, the temporal guide is the key warped along the
// whole motion, and errors are paired with their own frames.
import type { Picture } from '../../media/frame.ts';
import { share } from '../../threads/share.ts';
import type { Grid } from '../flow/grid.ts';
import { openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import { bothWays, type Step, whileSizesStay } from './both-ways.ts';
import { compose } from './compose.ts';
import { errorMask, keepLast } from './error-mask.ts';
import { histogramBlend, layOutFusion, openLab, solvePoisson } from './fusion.ts';
import type { Tier } from './interval.ts';
import type { PropagateKernels } from './kernels.ts';
import { layOutLevels } from './levels.ts';
import { openSynthesis } from './synthesis.ts';
import { borderBytes, layOutWarper, openWarper, padded } from './warper.ts';

const SIZES = 12; // as many as there are: the smallest decides
const SMALLEST = 11; // pixels of the short side
const VOTES = 6;
const SCANS = 4;

const openWorkspace = (size: Grid, grid: Grid) => {
  const { width, height } = size;
  const count = width * height;
  const regions = openArena(arena => ({
    warper: layOutWarper(arena, size, grid),
    levels: layOutLevels(arena, size, SIZES, SMALLEST),
    earlier: arena.words(0),
    earlierActive: arena.bytes(0),
    fusion: layOutFusion(arena, size),
    key: arena.bytes(borderBytes(size)),
    guide: arena.bytes(4 * count),
    mixed: arena.bytes(3 * count),
  }));
  const kernels = loadKernels<PropagateKernels>('propagate', regions.memory);
  const warper = openWarper(kernels, regions.warper, size, grid);
  const synthesis = openSynthesis(kernels, regions.levels, regions.earlier, regions.earlierActive);
  const lab = openLab(kernels, regions.fusion, count);
  return { ...regions, size, grid, kernels, warper, synthesis, lab };
};

type Workspace = ReturnType<typeof openWorkspace>;

/** What one direction makes of a frame: RGBA, and EbSynth's energy a pixel. */
type Made = { readonly picture: Uint8Array; readonly error: Float32Array };

/** A walk away from a key. */
const direction = (
  { size, grid, warper, synthesis, key, guide }: Workspace,
  style: Picture,
  frames: readonly Picture[],
  side: 0 | 1,
): Step<Made> => {
  let map = new Float32Array(2 * grid.width * grid.height);
  synthesis.setKey(side === 0 ? frames[0]! : frames.at(-1)!, style);
  padded(style.data, size, 3, key.data);
  return (n, { towards }) => {
    const next = new Float32Array(map.length);
    compose(towards, map, grid.width, grid.height, next);
    map = next;
    synthesis.setFrame(frames[n]!);
    warper.places(map, synthesis.finest.places);
    warper.see(map, key, guide);
    const error = synthesis.synthesiseAll(guide, { votes: VOTES, scans: SCANS, number: 2 * n + side });
    return { picture: synthesis.finest.made.data, error };
  };
};

/** A mask warped along the motion to the frame before, nearest. */
const carried = (mask: Uint8Array, towards: Float32Array, { warper, synthesis, size: { width } }: Workspace): Uint8Array => {
  const { places } = synthesis.finest;
  warper.places(towards, places);
  return mask.map((_, p) => mask[width * Math.round(places.data[2 * p + 1]!) + Math.round(places.data[2 * p]!)]!);
};

/** Both directions' pictures of a frame as one, in the way of Rerender's fusion. */
const fuse = (
  { kernels, fusion, lab, size, guide, mixed }: Workspace,
  a: Made,
  b: Made,
  mask: Uint8Array,
  nearness: number,
): Uint8Array<ArrayBuffer> => {
  fusion.side.data.set(mask);
  fusion.trust.data.fill(1);
  const load = (): void => {
    guide.data.set(a.picture);
    lab.to(guide, 4, fusion.first);
    guide.data.set(b.picture);
    lab.to(guide, 4, fusion.last);
  };
  load();
  histogramBlend(kernels, fusion, size, nearness);
  load(); // the blend has standardised them
  solvePoisson(kernels, fusion, size);
  lab.from(fusion.mix, mixed);
  return mixed.data.slice();
};

const opaque = (rgba: Uint8Array): Uint8Array<ArrayBuffer> => {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let p = 0, at = 0; at < rgb.length; p += 4, at += 3) rgb.set(rgba.subarray(p, p + 3), at);
  return rgb;
};

/** The tier, with its memory, which it reuses while the sizes stay. */
export const openFaithfulTier = (): Tier<Made> => {
  const workspaceOf = whileSizesStay(openWorkspace);
  return bothWays<Made>({
    kept: ({ picture, error }) => ({ picture: share(picture), error: share(error) }),
    begin: ({ frames, grid }, size) => {
      const workspace = workspaceOf(size, grid);
      const interval = frames.length - 1;
      return {
        from: (key, side) => direction(workspace, key, frames, side === 'first' ? 0 : 1),
        mixer: () => {
          let mask = new Uint8Array(size.width * size.height);
          return (n, early, late, { towards }) => {
            if (!late) return opaque(early.picture);
            const nearness = interval > 1 ? (n - 1) / (interval - 1) : 0;
            mask = new Uint8Array(keepLast(errorMask(early.error, late.error, n - 1, interval), carried(mask, towards, workspace)));
            return fuse(workspace, early, late, mask, nearness);
          };
        },
      };
    },
  });
};
