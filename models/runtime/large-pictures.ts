// Which pictures are too large for a network's whole graph: the one rule, and the network that follows it.
import type { BuildOptions, NetworkGraph } from '../onnx/network-graph.ts';
import type { CutNetwork } from '../onnx/pieces/cut.ts';
import { mapsAtOnce } from '../onnx/pieces/lives.ts';
import type { Feeds } from './calls.ts';
import { type LazyNetwork, lazyNetwork } from './lazy-network.ts';
import { type PiecesOptions, runPieces } from './pieces/run-pieces.ts';
import type { Runtime } from './runtime.ts';
import { afterEach } from './turns.ts';

/**
 * Bytes of maps needed at once from which on a graph is cut. Of Stable Diffusion's decoder these are 0.5 GB at 512 x 512, 2.1 GB at
 * 1024 x 1024, which is drawn as a whole, and 4.2 GB at 1920 x 1080, which is not; of its encoder three quarters. The runtime takes several
 * times as much for them.
 */
const WHOLE_BYTES = 2.5e9;

/**
 * Bytes of maps from which on a whole graph's session is closed after each run: it holds several times as much, which nobody else has the
 * use of, and opens again in a hundredth of what such a run takes. Stable Diffusion's halves at 512 x 512 stay open.
 */
const LASTING_BYTES = 1e9;

/** Bytes of maps in memory between pieces; what goes beyond lies on the disk. */
const MEMORY = 1e9;

/**
 * Bytes of maps of a whole graph, of one that stays open, and of maps in memory between pieces, by default those above; and what a run in
 * pieces is told.
 */
export type LargePictureOptions = { readonly whole?: number; readonly lasting?: number; readonly memory?: number } & Pick<
  PiecesOptions,
  'stripBytes' | 'onPiece'
>;

type PictureSize = { readonly batch: number; readonly height: number; readonly width: number };

/** Bytes of maps that the whole graph needs at once, and the network in pieces where these are more than the bound. */
const measureFor = (graph: NetworkGraph, { batch, height, width }: PictureSize, options: BuildOptions, bound: number) => {
  const cut = graph.cut?.({ ...options, sizes: { batch: 1, height, width } });
  const maps = cut ? batch * mapsAtOnce(cut) : 0;
  return { maps, cut: maps > bound ? cut : undefined };
};

/** The network in pieces where its whole graph would need more than the bound for maps, else undefined. */
export const cutWhereLarge = (graph: NetworkGraph, size: PictureSize, options: BuildOptions, bound = WHOLE_BYTES): CutNetwork | undefined =>
  measureFor(graph, size, options, bound).cut;

type Counted = ReturnType<typeof lazyNetwork>;

/** An autoencoder's half on the CPU: as a whole, or in pieces where a picture is large. Its one input is [n, c, h, w]. */
export const forAnyPicture = (
  runtime: Runtime,
  graph: NetworkGraph,
  { whole: bound = WHOLE_BYTES, lasting = LASTING_BYTES, memory = MEMORY, ...rest }: LargePictureOptions = {},
): Counted => {
  const whole = lazyNetwork(runtime, graph);
  const alone = afterEach(whole);
  let fitted: ({ readonly sizes: string } & ReturnType<typeof measureFor>) | undefined;
  let sessions = 0;
  let runs = 0;
  const fit = (feeds: Feeds): ReturnType<typeof measureFor> => {
    const [batch = 1, , height = 1, width = 1] = feeds[graph.inputs[0]!.name]?.dims ?? [];
    const sizes = [batch, height, width].join(' ');
    if (fitted?.sizes !== sizes) {
      const { convolution } = runtime;
      fitted = { sizes, ...measureFor(graph, { batch, height, width }, { convolution }, bound) };
    }
    return fitted;
  };
  const load: Runtime['load'] = (...args) => {
    sessions++;
    return runtime.load(...args);
  };
  const run: LazyNetwork['run'] = async (feeds, fetch, signal, given) => {
    const { cut, maps } = fit(feeds);
    if (!cut) return (maps > lasting ? alone : whole).run(feeds, fetch, signal, given);
    runs++;
    await whole.release();
    return runPieces(load, cut, feeds, fetch, { folder: runtime.scratch, memory, signal, ...rest });
  };
  const usage = () => ({ sessions: whole.usage().sessions + sessions, runs: whole.usage().runs + runs });
  return { ...whole, run, usage };
};
