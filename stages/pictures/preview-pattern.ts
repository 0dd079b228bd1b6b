// The picture that latent previews are fitted on: saturated colours and structure of every size, always the same.
import { gaussian } from '../../models/math/random.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';

const OCTAVES = 7; // of 2, 3, 5 ... 65 nodes along a side
const STRENGTH = 0.7; // of the coarsest; the sum of all is clipped to [-1, 1], which saturates
const FADING = 0.9; // of each octave against the one before

/** Where x of 0..1 lies in a row of nodes: the node to its left, and the weight of the one to its right. */
const between = (x: number, nodes: number): readonly [number, number] => {
  const at = x * (nodes - 1);
  const left = Math.min(nodes - 2, Math.floor(at));
  return [left, at - left];
};

/** Noise at nodes [3, n, n], bilinear between them, added to a picture [3, side, side]. */
const addOctave = (picture: Float32Array, side: number, { dims, data }: Tensor, strength: number): void => {
  const nodes = dims[1]!;
  for (let y = 0, q = 0; y < side; y++) {
    const [top, v] = between((y + 0.5) / side, nodes);
    for (let x = 0; x < side; x++, q++) {
      const [left, u] = between((x + 0.5) / side, nodes);
      for (let c = 0; c < 3; c++) {
        const p = (c * nodes + top) * nodes + left;
        const above = data[p]! * (1 - u) + data[p + 1]! * u;
        const below = data[p + nodes]! * (1 - u) + data[p + nodes + 1]! * u;
        picture[c * side * side + q]! += strength * (above * (1 - v) + below * v);
      }
    }
  }
};

/** [1, 3, side, side] in [-1, 1]. */
export const previewPattern = (side: number): Tensor => {
  const sum = new Float32Array(3 * side * side);
  for (let octave = 0; octave < OCTAVES; octave++) {
    const nodes = 2 ** octave + 1;
    addOctave(sum, side, gaussian({ seed: 0, purpose: 'latent preview', step: octave }, [3, nodes, nodes]), STRENGTH * FADING ** octave);
  }
  return tensor(
    [1, 3, side, side],
    sum.map(value => Math.min(1, Math.max(-1, value))),
  );
};
