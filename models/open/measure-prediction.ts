// Whether a U-Net predicts noise or velocity, found by asking it once: Stable Diffusion 2 in one file does not say, its weights look alike.
import { type Conditioning, promptsAt } from '../conditioning.ts';
import { guidedDenoiser } from '../denoise/guided-denoiser.ts';
import { gaussian } from '../math/random.ts';
import type { LazyNetwork } from '../runtime/lazy-network.ts';
import type { Prediction, Schedule } from '../samplers/schedule.ts';

const SIDE = 32; // of the latent that is tried; its 4096 numbers make chance as small as 0.02

/** The factor of `x` in `y`, by least squares. */
const slope = (y: Float32Array, x: Float32Array): number => {
  let [xy, xx] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += x[i]! * y[i]!;
    xx += x[i]! * x[i]!;
  }
  return xy / xx;
};

/**
 * Denoises pure noise at the last timestep t, where x = sqrt(a) x0 + sqrt(1 - a) eps is nearly eps (a = alpha_bar = 0.005), and x0 has
 * about variance 1. What predicts eps then returns sqrt(1 - a) x on average. The velocity is sqrt(a) eps - sqrt(1 - a) x0, whose two parts
 * of x cancel: it returns 0 x. So the share of x in the answer tells, and the middle between the two is the border.
 */
export const measurePrediction = async (
  unet: LazyNetwork,
  { alphaBars }: Schedule,
  { channels, conditioning, signal }: { readonly channels: number; readonly conditioning: Conditioning; readonly signal?: AbortSignal },
): Promise<{ readonly prediction: Prediction; readonly share: number }> => {
  const noise = gaussian({ seed: 0, purpose: 'measure prediction' }, [1, channels, SIDE, SIDE]);
  const denoise = guidedDenoiser(
    unet,
    [],
    { conditioning: promptsAt(conditioning, [0, 0]), guidance: 1, controls: [], freeu: undefined, attention: undefined, signal },
    { first: 0, count: 1 },
  );
  const t = alphaBars.length - 1;
  const out = await denoise(noise, { index: 0, t, alphaBar: alphaBars[t]!, alphaBarNext: 1 });
  const share = slope(out.data, noise.data);
  return { prediction: share > Math.sqrt(1 - alphaBars[t]!) / 2 ? 'epsilon' : 'v_prediction', share };
};
