// Rerender's two passes as they were published: every step of both is run, also those whose results are thrown away.
import { addNoise } from '../../../models/samplers/arithmetic.ts';
import { type Tensor, tensor } from '../../../models/tensor.ts';
import { adain } from '../../../stages/keyframes/adain.ts';
import { fidelityTarget, overshoot } from '../../../stages/keyframes/fidelity.ts';
import { inpaintMix, type Mix, noiseTowards, planMix } from '../../../stages/keyframes/inpaint-mix.ts';
import type { AttentionStates, Memory } from '../../../stages/keyframes/memory.ts';
import type { Painted, PaintRequest } from '../../../stages/keyframes/paint.ts';
import { pixelFusion } from '../../../stages/keyframes/pixel-fusion.ts';
import { warpNearest } from '../../../stages/keyframes/warp.ts';

const inside = (period: readonly [number, number] | undefined, i: number, steps: number) =>
  period !== undefined && steps * period[0] <= i && i <= steps * period[1];

/** Tokens of both, also where they are the same key frame. */
const joined = (a: Tensor, b: Tensor): Tensor => {
  const [n, s, c] = a.dims as [number, number, number];
  const rows = Array.from({ length: n }, (_, i) => [a, b].map(x => x.data.subarray(i * s * c, (i + 1) * s * c))).flat();
  const out = tensor([n, 2 * s, c]);
  rows.forEach((row, k) => {
    out.data.set(row, k * s * c);
  });
  return out;
};

const both = async (step: number, anchor: Memory, previous: Memory) => {
  const [first, last] = [await anchor.states(step), await previous.states(step)];
  return { states: first.map((a, j) => a && joined(a, last[j]!)), ownTokens: 0 };
};

/** What a step of a key frame leaves. */
type StepMemory = { readonly states: AttentionStates; readonly clean: Tensor };

/** What a request's first step that counts began with. */
const starts = new WeakMap<PaintRequest, { x: Tensor; alphaBar: number }>();

const pass = async (
  request: PaintRequest,
  number: 1 | 2,
  memory: Map<number, StepMemory>,
  mix?: Mix & { own?: Tensor | undefined },
): Promise<Tensor> => {
  const { model, conditioning, latent, options, noise, others, onStep } = request;
  const { steps, sampler, begin, fusion, guidance, freeu, controls } = options;
  const inject = (alphaBar: number) => addNoise(latent, noise.inject, alphaBar);
  let states: AttentionStates;
  let injected = false;
  return model.denoise({
    conditioning,
    noise: noise.start,
    steps,
    ...(sampler && { sampler }),
    guidance,
    controls,
    ...(freeu && { freeu }),
    attention: {
      bank: step => (others && inside(fusion.cross, step.index, steps) ? both(step.index, others.anchor, others.previous) : undefined),
      record: (_, all) => {
        states = all.map((state, j) => (fusion.loose && model.info.attention[j]!.widest ? undefined : state));
      },
    },
    editInput: ({ step: { index, alphaBar, ...step }, x, direction }) => {
      injected = index === begin;
      let input = injected ? inject(alphaBar) : x;
      if (mix && steps * fusion.mask![0] < index && index < steps * fusion.mask![1]) {
        const behind = injected
          ? tensor(
              x.dims,
              noise.inject.data.map(v => Math.sqrt(1 - alphaBar) * v),
            )
          : direction;
        input = inpaintMix(mix, { x: input, direction: behind, noise: mix.own ?? noise.mix({ index, alphaBar, ...step }), alphaBar });
      }
      return input;
    },
    editDenoised: async ({ step: { index, alphaBar, alphaBarNext }, denoised }) => {
      if (!others) return denoised;
      let x0 = denoised;
      if (inside(fusion.ada, index, steps)) x0 = adain(x0, await others.anchor.clean(index));
      if (inside(fusion.warp, index, steps)) {
        const { latentFlow, warpMask } = others.relation!;
        const pulled = warpNearest(await others.anchor.clean(index), latentFlow);
        const cells = warpMask.data.length;
        x0 = tensor(
          x0.dims,
          x0.data.map((v, i) => warpMask.data[i % cells]! * pulled.data[i]! + (1 - warpMask.data[i % cells]!) * v),
        );
      }
      if (fusion.maskNoise === 'own') {
        const share = 1 - Math.sqrt((1 - alphaBarNext) / alphaBarNext) / Math.sqrt((1 - alphaBar) / alphaBar); // the noise follows x0
        x0 = tensor(
          x0.dims,
          x0.data.map((v, i) => share * v + (1 - share) * denoised.data[i]!),
        );
      }
      return x0;
    },
    onStep: ({ step: { index, alphaBar }, x, denoised }) => {
      if (index === (begin === 'noise' ? 0 : begin))
        starts.set(request, { x: begin === 'noise' ? noise.start : inject(alphaBar), alphaBar });
      memory.set(index, { states, clean: denoised });
      onStep?.(number, index, x, denoised);
    },
  });
};

export const paintInFull = async (request: PaintRequest): Promise<Painted> => {
  const { model, options, others, remember } = request;
  const { fusion } = options;
  const memory = new Map<number, StepMemory>();
  const finish = async (x: Tensor, mix?: Painted['mix']): Promise<Painted> => {
    for (const [step, { states, clean }] of memory) {
      await remember?.states?.(step, states);
      await remember?.clean?.(step, clean);
    }
    return { image: await model.decodeLatent(x), ...(mix && { mix }) };
  };
  const first = await pass(request, 1, memory);
  if (!others?.relation || !fusion.mask) return finish(first);
  const direct = await model.decodeLatent(first);
  const { relation } = others;
  const blend = pixelFusion(relation.anchor, relation.previous, direct);
  const z = await model.encodeImage(blend);
  const z2 = await model.encodeImage(await model.decodeLatent(z, undefined, { clamp: false }));
  const trial = await model.decodeLatent(overshoot(z, z2), undefined, { clamp: false });
  const { target, bad } = fidelityTarget({ z, z2, trial, blend, mask: relation.mask }, fusion.fidelityThreshold);
  const own = fusion.maskNoise === 'own' ? noiseTowards(target, starts.get(request)!) : undefined;
  const mix = planMix(target, relation.mask, {
    strength: fusion.maskStrength,
    inner: own ? 0 : fusion.innerStrength,
    smooth: fusion.smoothBoundary && !own,
  });
  return finish(await pass(request, 2, memory, { ...mix, own }), { direct, blend, bad, target });
};
