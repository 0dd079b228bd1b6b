// LoRAs and embeddings over a small model.
import { join } from 'node:path';
import { openModelFolder } from '../../../models/open/model-folder.ts';
import { readEmbedding } from '../../../models/text/embedding.ts';
import { torchZip } from '../../models/torch-files.ts';
import { loraTensors, modulesOf } from '../../support/adapters.ts';
import { noise } from '../../support/noise.ts';
import { safetensorsBytes } from '../../support/safetensors.ts';
import { damageBytes } from '../damage-bytes.ts';
import { damageJson, strangeText } from '../damage-json.ts';
import { joined, split, writePictureModel } from '../fixtures.ts';
import { type Target, type Try, withBytes, write } from '../target.ts';

const lora: Target = {
  name: 'lora',
  inputs: 60,
  async prepare(folder): Promise<Try> {
    const model = join(folder, 'model');
    writePictureModel(model);
    const modules = await modulesOf(model, 'unet', /attn/);
    const good = safetensorsBytes(loraTensors(modules, name => [`unet.${name}.lora_A.weight`, `unet.${name}.lora_B.weight`]));
    const { header, data } = split(good);
    const file = join(folder, 'lora.safetensors');
    write(file, good);
    const metadata = (text: string): Record<string, unknown> => ({
      __metadata__: { lora_adapter_metadata: text, ss_base_model_version: 'x' },
      ...header,
    });
    return random => {
      const patterns = Object.fromEntries(Array.from({ length: random.below(8) }, () => [strangeText(random), 4]));
      const config = {
        'unet.lora_alpha': 4,
        'unet.use_rslora': false,
        'unet.alpha_pattern': { 'attn1.to_q': 2, 'attn\\d.to_[kv]': 8, ...patterns },
      };
      const kinds = [
        () => damageBytes(good, random),
        () => joined(damageJson(header, random), data),
        () => joined(Buffer.from(JSON.stringify(metadata(damageJson(config, random).toString('latin1')))), data),
        () => joined(Buffer.from(JSON.stringify(metadata(JSON.stringify(config)))), data),
      ];
      return withBytes(file, random.pick(kinds)(), () => openModelFolder(model, { loras: [{ path: file, weight: 1 }] }));
    };
  },
};

const embedding: Target = {
  name: 'embedding',
  inputs: 400,
  prepare(folder): Try {
    const good = safetensorsBytes({ '<style>': noise('e', [2, 16]) });
    const { header, data } = split(good);
    const saved = torchZip({ string_to_param: { '*': { size: [2, 16], data: new Float32Array(32) } }, name: 'style', step: 4 });
    const files = [join(folder, 'e.safetensors'), join(folder, 'e.pt')] as const;
    write(files[0], good);
    write(files[1], saved);
    return random => {
      const own = (): Buffer => (random.chance(0.3) ? damageBytes(good, random) : joined(damageJson(header, random), data));
      const [file, bytes] = random.chance(0.6) ? [files[0], own()] : [files[1], damageBytes(saved, random)];
      return withBytes(file, bytes, () => readEmbedding({ path: file }));
    };
  },
};

export const ADAPTER_TARGETS: readonly Target[] = [lora, embedding];
