// Runs a network in pieces: each piece in a session of its own over all strips, the maps between them in memory or on the disk.
import { type Moments, noMoments, normOf, withRows } from '../../math/moments.ts';
import type { CutNetwork, Piece, StoredMap } from '../../onnx/pieces/cut.ts';
import { lastReaders, piecesFor, storedBytes } from '../../onnx/pieces/lives.ts';
import { type Strip, stripsOf } from '../../onnx/pieces/strips.ts';
import { type Tensor, tensor } from '../../tensor.ts';
import type { Feeds } from '../calls.ts';
import type { Network, Runtime } from '../runtime.ts';
import { rowsOfPicture, rowsToPicture } from './planes.ts';
import { checkRoom, openScratch, type RowMap, type ScratchPlace } from './scratch.ts';

/** What a run in pieces is told beside what it computes. */
export type PiecesOptions = ScratchPlace & {
  /** Bytes of a strip of the widest map in a piece; default 192 MB. */
  readonly stripBytes?: number;
  readonly signal?: AbortSignal | undefined;
  /** Hears of each piece that is done, with seconds and bytes on the disk so far. */
  readonly onPiece?: (done: { readonly name: string; readonly strips: number; readonly seconds: number; readonly written: number }) => void;
};

type Source = Pick<RowMap, 'read' | 'free'>;

/** A map that some pieces have left for others. */
type Held = { readonly rows: Source; readonly moments?: Moments };

const STRIP_BYTES = 192e6;

/** The feeds of a strip, but for norms. */
const readStrip = async ({ inputs }: Piece, sources: readonly Source[], { from }: Strip, rows: number): Promise<Feeds> => {
  const read = await Promise.all(sources.map(source => source.read(from, from + rows)));
  return Object.fromEntries(read.map((data, i) => [`x${i}`, tensor([1, rows, inputs[i]!.width, inputs[i]!.channels], data)] as const));
};

/** Means and rates that a piece's norms take. */
const normFeeds = ({ norms, inputs }: Piece, held: ReadonlyMap<StoredMap, Held>): Feeds =>
  Object.fromEntries(
    norms.flatMap(({ input, norm }, i) => {
      const { mean, rate } = normOf(held.get(inputs[input]!)!.moments!, norm);
      const dims = [1, mean.length, 1, 1];
      return [
        [`mean${i}`, tensor(dims, mean)],
        [`rate${i}`, tensor(dims, rate)],
      ];
    }),
  );

type Run = { readonly piece: Piece; readonly held: ReadonlyMap<StoredMap, Held>; readonly last: ReadonlyMap<StoredMap, Piece> };

/** Runs a piece over all strips; the next one's rows are read while one is computed. Returns the statistics of what it made. */
const runPiece = async (
  network: Network,
  { piece, held, last }: Run,
  strips: ReturnType<typeof stripsOf>,
  target: Pick<RowMap, 'append'>,
  signal: AbortSignal | undefined,
): Promise<Moments> => {
  const { inputs, output, measured } = piece;
  const { list, rows } = strips;
  const sources = inputs.map(input => held.get(input)!.rows);
  const norms = normFeeds(piece, held);
  const rowLength = output.width * output.channels;
  const fetch = measured ? ['y', 'mean', 'variance'] : ['y'];
  let moments = noMoments(output.channels);
  let next: Promise<Feeds> | undefined = readStrip(piece, sources, list[0]!, rows);
  try {
    for (const [i, { at, first, end }] of list.entries()) {
      const maps: Feeds = await next!;
      const running = network.run({ ...maps, ...norms }, fetch, signal, Object.keys(maps));
      next = list[i + 1] && readStrip(piece, sources, list[i + 1]!, rows);
      next?.catch(() => undefined); // heard below, when the run has ended
      const { y, mean, variance } = await running;
      const of = ({ data }: Tensor, length: number): Float32Array => data.subarray((first - at) * length, (end - at) * length);
      if (measured) moments = withRows(moments, of(mean!, output.channels), of(variance!, output.channels), output.width);
      await target.append(of(y!, rowLength));
      const done = list[i + 1]?.from;
      for (const input of inputs) if (last.get(input) === piece) await held.get(input)!.rows.free(done);
    }
  } finally {
    await next?.catch(() => undefined); // no file is closed while it is read
  }
  return moments;
};

/**
 * Computes outputs of a network in pieces: equal to the whole but for rounding (below 1e-5 of numbers of about 1).
 * @param feeds pictures [n, c, h, w] of the size that the network was cut for, one after the other
 * @throws ScratchError where the disk does not take what finds no room in memory; RuntimeError; what aborts it
 */
export const runPieces = async (
  load: Runtime['load'],
  cut: CutNetwork,
  feeds: Feeds,
  fetch: readonly string[],
  { stripBytes = STRIP_BYTES, signal, onPiece, ...place }: PiecesOptions,
): Promise<Record<string, Tensor>> => {
  const inputs = cut.inputs.map(map => [map, feeds[map.name] as Tensor] as const);
  const batch = inputs[0]![1].dims[0]!;
  const wanted = cut.outputs.filter(({ name }) => fetch.includes(name));
  const results = new Map(wanted.map(map => [map, tensor([batch, map.channels, map.height, map.width])]));
  const pieces = piecesFor(cut, fetch);
  const last = lastReaders(pieces);
  await checkRoom(place, storedBytes(cut, fetch));
  const scratch = openScratch(place);
  try {
    for (let picture = 0; picture < batch; picture++) {
      const held = new Map<StoredMap, Held>(inputs.map(([map, tensor]) => [map, { rows: rowsOfPicture(tensor, picture) }]));
      for (const piece of pieces) {
        signal?.throwIfAborted();
        const begin = performance.now();
        const { output } = piece;
        const shape = { ...piece, height: piece.inputs[0]!.height, made: output.height };
        const strips = stripsOf(shape, Math.floor(stripBytes / piece.rowBytes));
        const result = results.get(output);
        const rows = scratch.map(output.width * output.channels);
        const target = result ? both(rowsToPicture(result, picture), last.has(output) ? rows : undefined) : rows;
        const network = await load(piece.graph(strips.rows));
        const closing = (): Promise<void> => network.close();
        const moments = await runPiece(network, { piece, held, last }, strips, target, signal).finally(() => {
          if (signal?.aborted)
            void closing().catch(() => undefined); // a native run that nobody waits for any more comes first
          else return closing();
        });
        held.set(output, { rows, moments });
        const seconds = (performance.now() - begin) / 1000;
        onPiece?.({ name: output.name, strips: strips.list.length, seconds, written: scratch.written() });
      }
    }
  } finally {
    await scratch.close();
  }
  return Object.fromEntries([...results].map(([{ name }, value]) => [name, value]));
};

/** Rows to one place, and to another where others read them. */
const both = (one: Pick<RowMap, 'append'>, other: RowMap | undefined): Pick<RowMap, 'append'> => ({
  async append(rows) {
    await one.append(rows);
    await other?.append(rows);
  },
});
