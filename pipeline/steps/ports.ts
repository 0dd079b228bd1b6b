// What goes along the edges of the plans: every type of value that steps hand to each other.
import type { Frame, Picture } from '../../media/frame.ts';
import type { Conditioning } from '../../models/conditioning.ts';
import type { Tensor } from '../../models/tensor.ts';
import type { KeyframeMotion } from '../../stages/keyframes/draw.ts';
import { jsonCodec, memoryPort, seriesPort, storedPort } from '../graph/port.ts';
import type { Analysis } from './analysis.ts';
import { packPictures, unpackPictures } from './pictures.ts';
import { packStates, type StoredStates, unpackStates } from './states.ts';
import { packTensor, unpackTensor } from './tensors.ts';

export const analysisPort = storedPort('survey', jsonCodec<Analysis>());
export const picturesPort = storedPort<readonly Picture[]>('pictures', { pack: packPictures, unpack: unpackPictures });
export const picturePort = storedPort<Picture>('picture', {
  pack: picture => packPictures([picture]),
  unpack: async bytes => (await unpackPictures(bytes))[0]!,
});
export const latentsPort = storedPort<Tensor>('latents', { pack: packTensor, unpack: unpackTensor });
/** Attention states by denoising step. */
export const statesPort = seriesPort<StoredStates>('attention states', { pack: packStates, unpack: unpackStates });
/** Predicted clean latents by denoising step. */
export const cleanPort = seriesPort<Tensor>('clean latents', { pack: packTensor, unpack: unpackTensor });

export const framePort = memoryPort<Frame>('frame');
export const conditioningPort = memoryPort<Conditioning>('conditioning');
/** [1, 3, h, w] in [0, 1]. */
export const controlImagePort = memoryPort<Tensor>('control image');
/** A frame's latent, [1, c, h, w]. */
export const latentPort = memoryPort<Tensor>('latent');
export const motionPort = memoryPort<KeyframeMotion>('motion');
