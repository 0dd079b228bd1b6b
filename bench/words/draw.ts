// Drawing many pictures with a model that draws from words: opened once, each prompt encoded once.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Picture } from '../../media/frame.ts';
import type { Conditioning } from '../../models/conditioning.ts';
import type { FreeUUse } from '../../models/denoise/freeu.ts';
import { openDiffusionModel } from '../../models/diffusion-model.ts';
import { EMBEDDED_WORDS } from '../../models/inspect/embedded.ts';
import { openRuntime } from '../../models/runtime/runtime.ts';
import { drawPicture } from '../../stages/pictures/draw.ts';

/** What the model learned from, pixels. */
export const SIZE = { width: 64, height: 64 };

/** Whose drawings it learned from, as its captions have them (training/freeu/words.py). */
export const HANDS = EMBEDDED_WORDS.hands;

/** A picture to draw. Its noise depends on the seed alone. */
export type WordJob = {
  readonly word: string;
  readonly hand: (typeof HANDS)[number];
  readonly seed: number;
  readonly steps: number;
  readonly guidance: number;
  readonly freeu?: FreeUUse | undefined;
};

/** @param folder of a model with a `words.json`, as training/freeu/train_words.py writes it */
export const openWords = async (folder: string) => {
  const runtime = await openRuntime({ device: 'cpu', threads: 1 }); // small maps: a second thread mostly waits
  const model = await openDiffusionModel(folder, { runtime });
  const texts = new Map<string, Conditioning>();
  const textOf = async (prompt: string): Promise<Conditioning> => {
    const text = texts.get(prompt) ?? (await model.encodeText(['', prompt])).conditioning;
    texts.set(prompt, text);
    return text;
  };
  return {
    /** In the model's own order. */
    words: JSON.parse(readFileSync(join(folder, 'words.json'), 'utf8')) as string[],
    draw: async ({ word, hand, seed, steps, guidance, freeu }: WordJob): Promise<Picture> => {
      const sampling = { seed, steps, sampler: 'ddim', guidance, freeu } as const;
      const signal = AbortSignal.timeout(600_000);
      return drawPicture(model, await textOf(`${word}, ${hand}`), { size: SIZE, sampling, controls: [] }, { signal });
    },
    close: () => runtime.close(),
  };
};

const GAP = 2; // pixels of white between pictures

/** Pictures of one height in a row. */
export const inRow = (pictures: readonly Picture[]): Picture => {
  const height = Math.max(...pictures.map(picture => picture.height));
  const width = pictures.reduce((sum, picture) => sum + picture.width, GAP * (pictures.length - 1));
  const data = new Uint8Array(3 * width * height).fill(255);
  let left = 0;
  for (const picture of pictures) {
    for (let y = 0; y < picture.height; y++)
      data.set(picture.data.subarray(3 * y * picture.width, 3 * (y + 1) * picture.width), 3 * (y * width + left));
    left += picture.width + GAP;
  }
  return { width, height, data };
};
