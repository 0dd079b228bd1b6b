// Denoises a frame by hand, with a sampler that the library has not: Heun's method (Karras et al. 2022, algorithm 1 without churn).
//   npx tsx examples/denoise-by-hand.ts [CLIP] [PICTURE.png]
import { openClip, writePng } from 'rerender/media';
import {
  addNoise,
  blend,
  embeddedModel,
  firstStep,
  gaussian,
  interpretOutput,
  openDiffusionModel,
  openRuntime,
  type Step,
  type Tensor,
} from 'rerender/models';
import { pictureToControlImage, pictureToTensor, tensorToPicture } from 'rerender/stages';

const [input = 'examples/lakeside.mp4', output = 'denoised.png'] = process.argv.slice(2);
const COUNT = 8; // denoising steps of the whole schedule; the run begins at the step that strength 0.75 names

const clip = await openClip(input);
const [frame] = await clip.read({ size: 256, select: [40] });
if (!frame) throw new Error(`${input} has no frame 40`);

const runtime = await openRuntime({ device: 'cpu' });
const model = await openDiffusionModel(embeddedModel, { runtime });
const { conditioning } = await model.encodeText(['blurry', 'a watercolor painting']);
const first = firstStep(COUNT, 0.75);
const controls = [{ image: pictureToControlImage(frame) }]; // the embedded model's tile ControlNet sees the frame
const network = model.denoiser({ conditioning, guidance: 1.5, controls, steps: COUNT, first });

/** What the network says of x at a step: the clean latent, and the noise. */
const predict = async (x: Tensor, step: Step) => interpretOutput(model.info.prediction, x, await network(x, step), step.alphaBar);
/** x = sqrt(alphaBar) (x0 + sigma eps), so y = x / sqrt(alphaBar) moves along dy/dsigma = eps. */
const sigma = (alphaBar: number): number => Math.sqrt((1 - alphaBar) / alphaBar);

const latent = await model.encodeImage(pictureToTensor(frame));
const steps = model.steps(COUNT).slice(first);
let x = addNoise(latent, gaussian({ seed: 42, purpose: 'by hand' }, latent.dims), steps[0]!.alphaBar);
for (const [i, step] of steps.entries()) {
  const [from, to, length] = [Math.sqrt(step.alphaBar), Math.sqrt(step.alphaBarNext), sigma(step.alphaBarNext) - sigma(step.alphaBar)];
  const { eps } = await predict(x, step);
  const euler = blend([to / from, x], [to * length, eps]);
  const next = steps[i + 1];
  const slope = next ? blend([0.5, eps], [0.5, (await predict(euler, next)).eps]) : eps; // behind the last step nobody can be asked
  x = blend([to / from, x], [to * length, slope]);
  console.log(`step ${i + 1} of ${steps.length}: sigma ${sigma(step.alphaBar).toFixed(4)} to ${sigma(step.alphaBarNext).toFixed(4)}`);
}
await writePng(output, tensorToPicture(await model.decodeLatent(x)));
await runtime.close();
console.log(output);
