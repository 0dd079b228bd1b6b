// Other spellings of the same weights: names that older or newer files use, as tables, so that blocks know only one.
import type { Weight, WeightSource } from './weight-source.ts';

/** Gives the other names that a tensor may have, best first. */
type Spellings = (name: string) => readonly string[];

/** A source that also answers to other names. A matrix stored as a 1x1 convolution, [m, n, 1, 1], counts as [m, n]. */
const withSpellings = (source: WeightSource, spellings: Spellings): WeightSource => ({
  ...source,
  find(name, dims) {
    const direct = source.find(name, dims);
    if (direct) return asMatrix(direct, dims);
    for (const other of spellings(name)) {
      const found = source.find(other, dims);
      if (found) return asMatrix(found, dims);
    }
    return undefined;
  },
});

/** A tensor [m, n, 1, 1] as [m, n] where `dims` ask for a matrix; the bytes are the same. */
export const asMatrix = (info: Weight, dims: readonly number[]): Weight => {
  const [m, n, ...kernel] = info.dims;
  const flat = dims.length === 2 && kernel.length === 2 && kernel.every(side => side === 1);
  return flat && m !== undefined && n !== undefined ? { ...info, dims: [m, n] } : info;
};

/** The attention names of the first autoencoder uploads. */
const OLD_VAE_ATTENTION: Readonly<Record<string, string>> = {
  '.to_q.': '.query.',
  '.to_k.': '.key.',
  '.to_v.': '.value.',
  '.to_out.0.': '.proj_attn.',
};

/** Reads the middle attention of an autoencoder also under `query`, `key`, `value` and `proj_attn`. */
export const oldVaeNames = (source: WeightSource): WeightSource =>
  withSpellings(source, name =>
    Object.entries(OLD_VAE_ATTENTION)
      .filter(([now]) => name.includes('.attentions.') && name.includes(now))
      .map(([now, before]) => name.replace(now, before)),
  );

/** Reads a text encoder also without the `text_model.` in front of its names, as newer files have it. */
export const flatClipNames = (source: WeightSource): WeightSource =>
  withSpellings(source, name => (name.startsWith('text_model.') ? [name.slice('text_model.'.length)] : []));
