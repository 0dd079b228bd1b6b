// What one key says of a frame.
import { share } from '../../threads/share.ts';

export type Proposal = {
  /** The stylised key warped along the motion, RGBA at picture size. */
  readonly picture: Uint8Array;
  /** How far it is to be believed, 0..1 a cell of the flow grid. */
  readonly belief: Float32Array;
  /** Colour difference of the sources, levels a cell. */
  readonly residual: Float32Array;
  /** Share of each pixel that was synthesised, 0..255; only where somebody asks for it, and absent where nothing was. */
  readonly made?: Uint8Array;
};

/** With arrays of its own, in shared memory. */
export const copied = ({ picture, belief, residual, made }: Proposal): Proposal => ({
  picture: share(picture),
  belief: share(belief),
  residual: share(residual),
  ...(made && { made: share(made) }),
});
