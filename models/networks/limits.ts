// The most that a model's files may ask for: far above every published network of these families, far below what would fill a machine.
import type { Bounds } from '../../config/bounded.ts';

/** Bounds by what a number counts; in brackets the largest that is published. */
export const BOUNDS = {
  /** Layers in a row: of a text encoder (32), of one level (6), of one transformer (16). */
  layers: [1, 128],
  /** The same where a level may have none. */
  layersOrNone: [0, 128],
  /** Levels of a network, each of half the size (6). */
  levels: [1, 16],
  /** Channels, widths, numbers a head (10,240). */
  channels: [1, 65_536],
  heads: [1, 1024],
  /** Tokens that a text encoder knows (49,408; of other families 256,000), and ids that a tokenizer gives. */
  vocabulary: [1, 10_000_000],
  id: [0, 10_000_000],
  /** Tokens of a prompt (77; 248 in longer CLIPs): a start, an end, and room for one. */
  positions: [1, 65_536],
  promptLength: [3, 4096],
  /** Timesteps of a training (1,000). */
  timesteps: [1, 100_000],
  /** Earlier steps that a solver looks at (3). */
  order: [1, 16],
} as const satisfies Readonly<Record<string, Bounds>>;
