// The preview of a latent beside what the decoder draws of it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embeddedModel } from '../../config/paths.ts';
import { openClip } from '../../media/clip.ts';
import type { Picture } from '../../media/frame.ts';
import { type DiffusionModel, openDiffusionModel } from '../../models/diffusion-model.ts';
import { leastSquares } from '../../models/math/least-squares.ts';
import { gaussian } from '../../models/math/random.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';
import { toControlImage, toImage, toPicture } from '../../stages/keyframes/pixels.ts';
import { latentPreview } from '../../stages/pictures/latent-preview.ts';
import { exampleClip } from '../support/example.ts';
import { psnr } from './clip.ts';

/** [1, 3, h, w] at 1/factor, each value the mean of its block. */
const shrunk = ({ dims, data }: Tensor, factor: number): Tensor => {
  const [, c, h, w] = dims as [number, number, number, number];
  const [rows, columns] = [h / factor, w / factor];
  const out = tensor([1, c, rows, columns]);
  data.forEach((value, i) => {
    const [k, y, x] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
    out.data[(k * rows + Math.floor(y / factor)) * columns + Math.floor(x / factor)]! += value / factor ** 2;
  });
  return out;
};

test('least squares finds what made the equations, and stays small where nothing tells', () => {
  const fit = leastSquares(3, 2, 1e-12);
  const truth = [
    [1, -2],
    [0.5, 3],
  ];
  const rows = gaussian({ seed: 1, purpose: 'rows' }, [20, 2]).data;
  for (let i = 0; i < 20; i++) {
    const [a, b] = [rows[2 * i]!, rows[2 * i + 1]!];
    fit.add(
      [a, b, 0],
      [0, 1].map(k => a * truth[0]![k]! + b * truth[1]![k]!),
    ); // the third unknown is in no equation
  }
  const solution = fit.solve();
  for (const [i, row] of truth.entries()) for (const [k, value] of row.entries()) expect(solution[i]![k]).toBeCloseTo(value, 6);
  expect([...solution[2]!]).toEqual([0, 0]);
});

describe('the preview of a latent', () => {
  let runtime: Runtime;
  let model: DiffusionModel;
  let frame: Picture;
  let latent: Tensor;
  beforeAll(async () => {
    runtime = await openRuntime({ device: 'cpu' });
    model = await openDiffusionModel(embeddedModel, { runtime });
    const clip = await openClip(exampleClip());
    for await (const only of clip.frames({ size: 256, select: [40] })) frame = only;
    latent = await model.encodeImage(toImage(frame));
  });
  afterAll(() => runtime.close());

  /** Preview against the decoder's picture at the same size. */
  const likeness = async (z: Tensor): Promise<number> => {
    const truth = toPicture(shrunk(await model.decodeLatent(z), model.info.factor));
    const preview = (await latentPreview(model))(z);
    expect(preview).toMatchObject({ width: frame.width / 8, height: frame.height / 8 });
    return psnr(preview, truth);
  };

  test('is the decoded frame, shrunk', async () => {
    const db = await likeness(latent);
    console.log(`latent preview: a frame ${db.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(36); // 41 when this was written
  });

  test.each([
    ['a watercolor painting', 34],
    ['a mosaic', 32],
    ['neon, cyberpunk', 33],
  ])('shows what is being drawn half-way: %s', async (style, least) => {
    const { conditioning } = await model.encodeText(['', style]);
    const predicted: Tensor[] = [];
    await model.denoise({
      ...{ conditioning, latent, noise: gaussian({ seed: 1, purpose: 'start' }, latent.dims), steps: 8, strength: 0.75, guidance: 1.5 },
      controls: [{ image: toControlImage(frame) }],
      onStep: ({ denoised }) => void predicted.push(denoised),
    });
    const db = await likeness(predicted[predicted.length >> 1]!);
    console.log(`latent preview: half-way to ${style} ${db.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(least);
  });

  test('is fitted once a model, with one picture through the autoencoder', async () => {
    const calls: string[] = [];
    const counted: Pick<DiffusionModel, 'info' | 'encodeImage' | 'decodeLatent'> = {
      info: model.info,
      encodeImage: (...args) => {
        calls.push('encode');
        return model.encodeImage(...args);
      },
      decodeLatent: (...args) => {
        calls.push('decode');
        return model.decodeLatent(...args);
      },
    };
    const [first, second] = await Promise.all([latentPreview(counted), latentPreview(counted)]);
    expect(second).toBe(first);
    expect(await latentPreview(counted)).toBe(first);
    expect(calls).toEqual(['encode', 'decode']);
    expect(first(latent)).toEqual((await latentPreview(model))(latent));
  });

  test('tries again after a failure, and refuses a latent of another model', async () => {
    let calls = 0;
    const encodeImage: DiffusionModel['encodeImage'] = (image, options) => {
      if (calls++ === 0) throw new Error('no memory');
      return model.encodeImage(image, options);
    };
    const failing = { info: model.info, encodeImage, decodeLatent: model.decodeLatent };
    await expect(latentPreview(failing)).rejects.toThrow('no memory');
    const preview = await latentPreview(failing);
    expect(() => preview(tensor([1, 4, 8, 8]))).toThrow('a preview is made of a latent [1, 32, h, w], got [1, 4, 8, 8]');
  });
});
