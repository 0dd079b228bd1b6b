// Draws a frame without FreeU and with it, from the same noise, side by side with eight times their difference.
//   npx tsx examples/freeu-on-off.ts [CLIP] [SHEET.png]
import { contactSheet, openClip, type Picture } from 'rerender/media';
import { embeddedModel, type FreeUUse, openDiffusionModel, openRuntime } from 'rerender/models';
import { drawPicture, pictureToControlImage, pictureToTensor } from 'rerender/stages';

const [input = 'examples/lakeside.mp4', output = 'freeu.png'] = process.argv.slice(2);
const FREEU: FreeUUse = { b1: 1.5, b2: 1.6, s1: 0.9, s2: 0.2 }; // backbone and skip factors of the two stages; 1 is off

const clip = await openClip(input);
const [frame] = await clip.read({ size: 256, select: [40] });
if (!frame) throw new Error(`${input} has no frame 40`);

const runtime = await openRuntime({ device: 'cpu' });
// The embedded model's stages are its first two up blocks; Stable Diffusion's are found by 'channels'.
const model = await openDiffusionModel(embeddedModel, { runtime, unet: { freeu: 'blocks' } });
const { conditioning } = await model.encodeText(['', 'a painting by Vincent van Gogh']);
const latent = await model.encodeImage(pictureToTensor(frame));

const draw = (freeu: FreeUUse | undefined): Promise<Picture> => {
  const sampling = { seed: 42, steps: 8, sampler: 'ddim', guidance: 1.5, freeu } as const;
  const controls = [{ image: pictureToControlImage(frame) }];
  const job = { size: frame, sampling, controls, init: { latent, strength: 0.75 } };
  return drawPicture(model, conditioning, job, { signal: AbortSignal.timeout(600_000) });
};
const [off, on] = [await draw(undefined), await draw(FREEU)];
await runtime.close();

const difference = { ...off, data: off.data.map((value, i) => Math.min(255, Math.max(0, 128 + 8 * (on.data[i]! - value)))) };
const cells = [
  { label: 'off', picture: off },
  { label: `b ${FREEU.b1} ${FREEU.b2} s ${FREEU.s1} ${FREEU.s2}`, picture: on },
  { label: '8 x difference', picture: difference },
];
await contactSheet(output, cells, { columns: 3 });
console.log(output);
