// How long the maps between the pieces of a network are needed, and how many bytes that makes.
import type { CutNetwork, Piece, StoredMap } from './cut.ts';

const FLOAT32 = 4; // bytes

const bytesOf = ({ channels, height, width }: StoredMap): number => FLOAT32 * channels * height * width;

/** The pieces that some outputs follow from. */
export const piecesFor = ({ pieces }: CutNetwork, fetch: readonly string[]): Piece[] => {
  const read = new Set<StoredMap>();
  const needed = pieces.toReversed().filter(({ output, inputs }) => {
    if (!fetch.includes(output.name) && !read.has(output)) return false;
    for (const input of inputs) read.add(input);
    return true;
  });
  return needed.reverse();
};

/** The last piece that reads each map. */
export const lastReaders = (pieces: readonly Piece[]): ReadonlyMap<StoredMap, Piece> =>
  new Map(pieces.flatMap(piece => piece.inputs.map(input => [input, piece] as const)));

/**
 * Bytes of the maps that are needed at once, where these are most.
 * @param going whether rows of what is read for the last time go as those of the next map come
 * @param counts which maps count
 */
const mostAtOnce = (pieces: readonly Piece[], going: boolean, counts: (map: StoredMap) => boolean): number => {
  const last = lastReaders(pieces);
  const sum = (maps: readonly StoredMap[]): number => maps.filter(counts).reduce((bytes, map) => bytes + bytesOf(map), 0);
  let [held, most] = [0, 0];
  for (const piece of pieces) {
    const [freed, made] = [sum(piece.inputs.filter(input => last.get(input) === piece)), sum([piece.output])];
    most = Math.max(most, going ? Math.max(held, held - freed + made) : held + made);
    held += made - freed;
  }
  return most;
};

/** Of the whole network, as one graph holds them, its inputs aside. */
export const mapsAtOnce = ({ pieces, inputs }: CutNetwork): number => mostAtOnce(pieces, false, map => !inputs.includes(map));

/** Of a run in pieces: what has to be kept between them, beside inputs and outputs. */
export const storedBytes = (cut: CutNetwork, fetch: readonly string[]): number =>
  mostAtOnce(piecesFor(cut, fetch), true, map => !cut.inputs.includes(map) && !fetch.includes(map.name));
