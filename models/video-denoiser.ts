// The U-Net of clips as the sampler sees it.
import { type Guidance, guidedDenoiser } from './guided-denoiser.ts';
import type { LazyNetwork } from './runtime/lazy-network.ts';
import type { Denoise } from './samplers/sampler.ts';
import { type Tensor, tensor } from './tensor.ts';

/** One half of a pair of text states [2, tokens, width], in both places. */
const twice = ({ dims, data }: Tensor, half: 0 | 1): Tensor => {
  const states = data.subarray((half * data.length) / 2, ((half + 1) * data.length) / 2);
  const out = tensor(dims);
  out.data.set(states);
  out.data.set(states, states.length);
  return out;
};

/**
 * The denoiser of one run over clips x [n, c, f, h, w]. The negative prompt and the prompt run one after the other: a clip's frames already
 * fill the processor, and the activations of one of them are half of those of both.
 */
export const videoDenoiser = (
  unet: LazyNetwork,
  guide: Omit<Guidance, 'controls' | 'attention'>,
  run: { readonly first: number; readonly count: number },
): Denoise => {
  const { guidance, text } = guide;
  const alone = (half: 0 | 1, guidance = 1): Denoise =>
    guidedDenoiser(unet, [], { ...guide, text: twice(text, half), guidance, controls: [], attention: undefined }, run);
  if (unet.graph.inputs.some(({ name }) => name === 'timestep_cond')) return alone(1, guidance); // distilled: told of guidance
  const [negative, prompt] = [alone(0), alone(1)];
  if (guidance <= 1) return prompt;
  return async (x, step) => {
    const [u, c] = [await negative(x, step), await prompt(x, step)];
    return tensor(
      x.dims,
      u.data.map((u, i) => u + guidance * (c.data[i]! - u)),
    );
  };
};
