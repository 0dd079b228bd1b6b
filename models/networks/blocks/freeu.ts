// FreeU (Si et al. 2023): scales the backbone's features and filters the skip's lowest frequencies, before they are joined.
// All strengths are inputs of the graph: changing them rebuilds nothing, and 1, 1, 1, 1 is the identity.
import { type Dim, product } from '../../onnx/dims.ts';
import type { Graph } from '../../onnx/graph.ts';
import { clip, cos } from '../../onnx/ops/arithmetic.ts';
import { gemm, reduce } from '../../onnx/ops/contract.ts';
import { floatSize, range } from '../../onnx/ops/shape.ts';
import type { Value } from '../../onnx/value.ts';

/**
 * Which up-block layers a stage is.
 * - `'channels'`: h has 4 or 2 times the first block's channels (the paper's 1280 and 640; every width has its stages)
 * - `'blocks'`: up block 0 and up block 1 (diffusers)
 */
export type FreeUStages = 'channels' | 'blocks';

/**
 * Where the filter of a skip stands beside the ControlNets' residual, which is added to the same skip.
 * - `'before-control'`: filter(skip) + control (Rerender)
 * - `'after-control'`: filter(skip + control) (diffusers)
 */
export type FreeUOrder = 'before-control' | 'after-control';

/** The backbone factor and the skip factor of one stage, and the version (1 or 2) that both stages share: scalars. */
export type Strength = { readonly b: Value; readonly s: Value; readonly version: Value };

export type FreeU = {
  readonly stages: FreeUStages;
  readonly strengths: readonly [Strength, Strength];
};

/** Declares b1, b2, s1, s2 and freeu_version as scalar inputs. */
export const freeuInputs = (g: Graph, stages: FreeUStages): FreeU => {
  const version = g.input('freeu_version', []);
  const [b1, b2, s1, s2] = ['b1', 'b2', 's1', 's2'].map(name => g.input(name, [])) as [Value, Value, Value, Value];
  return {
    stages,
    strengths: [
      { b: b1, s: s1, version },
      { b: b2, s: s2, version },
    ],
  };
};

/** The strength for features of so many channels in an up block; undefined where FreeU leaves them alone. */
export const strengthAt = (
  { stages, strengths }: FreeU,
  upBlock: number,
  channels: number,
  firstChannels: number,
): Strength | undefined => {
  if (stages === 'blocks') return strengths[upBlock];
  if (channels === 4 * firstChannels) return strengths[0];
  return channels === 2 * firstChannels ? strengths[1] : undefined;
};

const LEAST_SPREAD = 1e-30; // a constant map (a single pixel) is 0 / 1e-30 = 0; any real spread swallows it

/**
 * The first half of the channels of h [n, c, h, w] times a factor, and the other half as it is: two values to be joined.
 * Version 1: the factor is b. Version 2 (the paper's "structure-related scaling"): 1 + (b - 1) m, with m the mean over channels, min-max
 * normalised over each sample's map. Both are base + gain m, and exactly 1 where b is.
 */
export const scaleBackbone = (h: Value, strength: Strength): [Value, Value] => {
  const { base, gain } = factorOf(strength);
  const mean = reduce('Mean', h, [1]); // [n, 1, h, w]
  const low = reduce('Min', mean, [2, 3]); // [n, 1, 1, 1]
  const spread = reduce('Max', mean, [2, 3]).sub(low).add(LEAST_SPREAD);
  const factor = mean.sub(low).mul(gain.div(spread)).add(base); // [n, 1, h, w]
  const middle = Math.floor(h.size(1) / 2);
  return [h.slice(1, 0, middle).mul(factor), h.slice(1, middle, h.size(1))];
};

/** Version 1: base b, gain 0. Version 2: base 1, gain b - 1. Computed once for all layers of a stage. */
const factorOf = ({ b, version }: Strength): { base: Value; gain: Value } => {
  const g = b.graph;
  const excess = g.memo(`${b.name} - 1`, () => b.sub(1));
  const second = g.memo('freeu_version - 1', () => version.sub(1));
  const gain = g.memo(`gain of ${b.name}`, () => excess.mul(second));
  return { gain, base: g.memo(`base of ${b.name}`, () => excess.sub(gain).add(1)) };
};

/**
 * Scales the frequencies {-1, 0} x {-1, 0} of each channel of `skip` [n, c, h, w] by s. Exact without an FFT: each of the at most four
 * frequencies k is a plane wave of angle theta_k(r, c) = 2 pi (k_y r / h + k_x c / w), and
 *   y = x + (s - 1) sum_k [cos(theta_k) mean(x cos(theta_k)) + sin(theta_k) mean(x sin(theta_k))].
 * The box holds -1 but not +1, and the real part is taken: hence mean, not twice the mean.
 */
export const filterSkip = (skip: Value, s: Value): Value => {
  const g = skip.graph;
  const [height, width] = [skip.dim(2), skip.dim(3)];
  if (Number(height) <= 2 && Number(width) <= 2) return skip.mul(s); // there are no other frequencies
  const { waves, weights } = planeWaves(g, height, width);
  const rows = skip.reshape(product([skip.dim(0), skip.dim(1)]), product([height, width])); // [n c, h w]
  const shares = gemm(rows, waves).mul(weights.mul(g.memo(`${s.name} - 1`, () => s.sub(1)))); // [n c, 7]
  return gemm(shares, waves, rows, 0).reshape(...skip.dims);
};

// The seven waves: cos and sin of theta for (k_y, k_x) = (0, 0), (1, 0), (0, 1), (1, 1); the sine of the first is zero.
// Signs of k do not matter, as cos cos + sin sin depends on differences of angles only.
const ROW_STEPS = [0, 1, 1, 0, 0, 1, 1];
const COLUMN_STEPS = [0, 0, 0, 1, 1, 1, 1];
const QUARTERS = [0, 0, 1, 0, 1, 0, 1]; // sin x = cos(x - a quarter turn)

/** `waves` [7, h w]; `weights` [7] is 1 / (h w), or 0 for a wave that a side of 1 makes equal to another. */
const planeWaves = (g: Graph, height: Dim, width: Dim): { waves: Value; weights: Value } => {
  const key = `plane waves of ${height} x ${width}`;
  const [h, w] = [floatSize(g, height), floatSize(g, width)];
  const waves = g.memo(key, () => {
    const turns = (steps: readonly number[], part: number): Value =>
      g.constant(
        steps.map(step => step * part * 2 * Math.PI),
        'float32',
        [7, 1, 1],
      );
    const rows = range(g, height).div(h).reshape(1, -1, 1).mul(turns(ROW_STEPS, 1)); // [7, h, 1]
    const columns = range(g, width).div(w).reshape(1, 1, -1).mul(turns(COLUMN_STEPS, 1)); // [7, 1, w]
    return cos(rows.add(columns).sub(turns(QUARTERS, 1 / 4))).reshape(7, product([height, width]));
  });
  const weights = g.memo(`weights of ${key}`, () => {
    const weigh = (steps: readonly number[], size: Value): Value => {
      const lone = clip(size.sub(1), 0, 1).sub(1); // -1 for a side of 1, else 0
      return lone.mul(g.constant(steps)).add(1); // [7]
    };
    return weigh(ROW_STEPS, h).mul(weigh(COLUMN_STEPS, w)).div(h.mul(w));
  });
  return { waves, weights };
};
