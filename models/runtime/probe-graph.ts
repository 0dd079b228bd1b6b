// The smallest graph worth trying on a device: a matrix product and a softmax, with the answer known.
import { Graph } from '../onnx/graph.ts';
import { tensor } from '../tensor.ts';
import type { Feeds } from './calls.ts';

const SIZE = 8;

/** A graph, what to feed it, and what it must answer. */
export const probeGraph = (): { bytes: Uint8Array; folder: string; feeds: Feeds; expected: number[] } => {
  const graph = new Graph('probe');
  const x = graph.input('x', [SIZE, SIZE]);
  graph.output('y', x.matmul(x).softmax());
  const { bytes, folder } = graph.finish();

  const at = (r: number, c: number): number => (r + c) / SIZE;
  const cells = Array.from({ length: SIZE * SIZE }, (_, i) => [Math.floor(i / SIZE), i % SIZE] as const);
  const product = ([r, c]: readonly [number, number]): number =>
    Array.from({ length: SIZE }, (_, k) => at(r, k) * at(k, c)).reduce((sum, v) => sum + v, 0);
  const powers = cells.map(cell => Math.exp(product(cell)));
  const rowSum = (r: number): number => powers.slice(r * SIZE, (r + 1) * SIZE).reduce((sum, v) => sum + v, 0);
  const expected = cells.map(([r], i) => powers[i]! / rowSum(r));
  return {
    bytes,
    folder,
    feeds: {
      x: tensor(
        [SIZE, SIZE],
        Float32Array.from(cells, ([r, c]) => at(r, c)),
      ),
    },
    expected,
  };
};
