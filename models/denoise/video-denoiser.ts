// The U-Net of a video model as the sampler sees it.
import { promptsAt } from '../conditioning.ts';
import type { LazyNetwork } from '../runtime/lazy-network.ts';
import type { Denoise } from '../samplers/sampler.ts';
import { guide as guided } from './guidance.ts';
import { type Guidance, guidedDenoiser } from './guided-denoiser.ts';
import { within } from './step-window.ts';

/**
 * The denoiser of one run over clips x [n, c, f, h, w]. The negative prompt and the prompt run one after the other: a clip's frames already
 * fill the processor, and the activations of one of them are half of those of both.
 */
export const videoDenoiser = (
  unet: LazyNetwork,
  guide: Omit<Guidance, 'controls' | 'attention'>,
  run: { readonly first: number; readonly count: number },
): Denoise => {
  const { guidance, rescale, bands, guidanceWindow, conditioning } = guide;
  const alone = (half: 0 | 1, guidance = 1): Denoise =>
    guidedDenoiser(
      unet,
      [],
      { ...guide, conditioning: promptsAt(conditioning, [half, half]), guidance, controls: [], attention: undefined },
      run,
    );
  if (unet.graph.inputs.some(({ name }) => name === 'timestep_cond')) return alone(1, guidance); // distilled: told of guidance
  const [negative, prompt] = [alone(0), alone(1)];
  if (guidance <= 1) return prompt;
  return async (x, step) => {
    if (guidanceWindow && !within(guidanceWindow, step.index - run.first, run.count)) return prompt(x, step);
    const [u, c] = [await negative(x, step), await prompt(x, step)];
    return guided(u.data, c.data, x.dims, guidance, { rescale, bands });
  };
};
