// LoRAs over the layers of a model folder, as training scripts leave them.
import { join } from 'node:path';
import type { Tensor } from '../../models/tensor.ts';
import { openSafetensors } from '../../models/weights/safetensors.ts';
import { noise } from './noise.ts';

/** Dims of the weights of a model folder's part that `wanted` takes, by module. */
export const modulesOf = async (folder: string, part: string, wanted: RegExp): Promise<Map<string, readonly number[]>> => {
  const file = part === 'text_encoder' ? 'model.safetensors' : 'diffusion_pytorch_model.safetensors';
  const { tensors } = await openSafetensors(join(folder, part, file));
  const chosen = tensors.filter(({ name, dims }) => name.endsWith('.weight') && dims.length > 1 && wanted.test(name));
  return new Map(chosen.map(({ name, dims }) => [name.replace(/\.weight$/, ''), dims]));
};

/** Random pairs of rank 2 for some modules, named by `spell`; their product is about as large as the weight. */
export const loraTensors = (
  modules: ReadonlyMap<string, readonly number[]>,
  spell: (module: string) => readonly [down: string, up: string],
): Record<string, Tensor> =>
  Object.fromEntries(
    [...modules].flatMap(([module, [out = 1, ...rest]]) => {
      const [down, up] = spell(module);
      const flat = rest.slice(1).map(() => 1);
      const scale = rest.reduce((n, d) => n * d, 1) ** -0.5;
      const pair = [noise(down, [2, ...rest]), noise(up, [out, 2, ...flat])] as const;
      return [
        [down, { ...pair[0], data: pair[0].data.map(v => v * scale) }],
        [up, pair[1]],
      ];
    }),
  );
