// Tokenizers, configs, whole model folders.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../../config/errors.ts';
import { parseJson } from '../../../config/json.ts';
import { SAMPLERS } from '../../../config/samplers.ts';
import { inspectModel } from '../../../models/inspect/inspect.ts';
import { checkFit } from '../../../models/open/model-fit.ts';
import { openModelFolder } from '../../../models/open/model-folder.ts';
import { readSamplers } from '../../../models/samplers/samplers.ts';
import { loadTokenizer } from '../../../models/text/tokenizer.ts';
import { writeClipModel } from '../../support/clip-model.ts';
import { damageBytes } from '../damage-bytes.ts';
import { damageJson } from '../damage-json.ts';
import { SCHEDULE, writePictureModel, writeTokenizer } from '../fixtures.ts';
import { type Target, type Try, withBytes } from '../target.ts';

const PROMPT = 'A Watercolor of 12 cats, <|startoftext|> straße <style> 日本 constructor __proto__ '.repeat(4);

const tokenizer: Target = {
  name: 'tokenizer',
  inputs: 150,
  prepare(folder): Try {
    writeTokenizer(folder);
    const json = ['vocab.json', 'special_tokens_map.json', 'tokenizer_config.json'].map(name => join(folder, name));
    const merges = join(folder, 'merges.txt');
    return random => {
      const file = random.chance(0.1) ? merges : random.pick(json);
      const before = readFileSync(file);
      const bytes = file === merges ? damageBytes(before, random) : damageJson(JSON.parse(before.toString()), random);
      return withBytes(file, bytes, async () => (await loadTokenizer(folder)).encode(PROMPT));
    };
  },
};

const scheduler: Target = {
  name: 'scheduler',
  inputs: 600,
  prepare: (): Try => async random => {
    const bytes = damageJson({ ...SCHEDULE, _class_name: random.pick(['DDIMScheduler', 'LCMScheduler', SCHEDULE._class_name]) }, random);
    const values = parseJson(bytes, reason => new UsageError(reason));
    if (typeof values !== 'object' || values === null) return;
    readSamplers(values as Record<string, unknown>, 'scheduler_config.json').open(random.pick(SAMPLERS), {
      count: random.pick([1, 4, 50]),
    });
  },
};

const FILES = [
  'unet/config.json',
  'vae/config.json',
  'text_encoder/config.json',
  'scheduler/scheduler_config.json',
  'tokenizer/tokenizer_config.json',
];
const INDEX = 'text_encoder/model.safetensors.index.json';
const WEIGHTS = ['unet/diffusion_pytorch_model.safetensors', 'vae/diffusion_pytorch_model.safetensors'];

const whole = (name: string, inputs: number, make: (folder: string) => void, files: readonly string[]): Target => ({
  name,
  inputs,
  prepare(folder): Try {
    make(folder);
    return random => {
      const file = join(folder, random.chance(0.1) ? random.pick(WEIGHTS) : random.pick(files));
      const before = readFileSync(file);
      const bytes = file.endsWith('.json') ? damageJson(JSON.parse(before.toString()), random) : damageBytes(before, random);
      return withBytes(file, bytes, async () => {
        if (random.chance(0.2)) return inspectModel(folder);
        const model = await openModelFolder(folder);
        checkFit(model);
        for (const { tokenizer } of model.texts) tokenizer.encode(PROMPT);
        return model.samplers.open('auto', { count: 4 });
      });
    };
  },
});

export const MODEL_TARGETS: readonly Target[] = [
  tokenizer,
  scheduler,
  whole('model', 100, writePictureModel, [...FILES, INDEX]),
  whole('clip-model', 20, folder => writeClipModel(folder), FILES),
];
