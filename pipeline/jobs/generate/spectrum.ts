// FreeU's Fourier analysis of one drawing: the spectra of backbone, skips and latent at each step, with and without FreeU.
import { extname } from 'node:path';
import type { Size } from '../../../media/size.ts';
import { writeWhole } from '../../../media/whole-file.ts';
import { type FreeUUse, NO_FREEU } from '../../../models/denoise/freeu.ts';
import type { StepState } from '../../../models/samplers/sampler.ts';
import type { Step } from '../../../models/samplers/schedule.ts';
import type { Tensor } from '../../../models/tensor.ts';
import { drawPicture } from '../../../stages/pictures/draw.ts';
import { bandsOf, FREQUENCIES, relativeTo, type Spectrum, spectrumOf } from '../../../stages/spectrum/radial.ts';
import type { OpenedModel } from '../../session/open-model.ts';
import type { Planned } from '../../session/planned.ts';
import type { Workshop } from '../../session/workshop.ts';
import { type ControlParams, controlUses } from '../../steps/controlled.ts';
import { freeuOf, samplingOf } from '../../steps/sampling.ts';
import type { PicturesPlan } from '../../strategies/prompt.ts';
import type { DrawingOptions } from '../../strategies/strategy.ts';
import type { FreeUSpectra, Measured, SiteSpectra, StepSpectra } from './spectra.ts';
import { spectrumPlot } from './spectrum-plot.ts';

const measured = (reference: Spectrum, spectrum: Spectrum): Measured => {
  const relative = relativeTo(reference, spectrum);
  return { ...bandsOf(relative), relative, logAmplitudeAt0: spectrum[0] ?? 0 };
};

const pair = (before: Tensor, after: Tensor): { before: Measured; after: Measured } => {
  const [a, b] = [spectrumOf(before), spectrumOf(after)];
  return { before: measured(a, a), after: measured(a, b) };
};

/** Gathers the spectra of one drawing, given its hooks. */
export const spectrumRecorder = () => {
  const steps: StepSpectra[] = [];
  let sites: SiteSpectra[] = [];
  return {
    steps,
    /** What the U-Net's outputs `freeu.SITE.backbone`, `.backbone_scaled`, `.skip` and `.skip_filtered` are at a step. */
    probe: (_: Step, features: Readonly<Record<string, Tensor>>): void => {
      const names = Object.keys(features).flatMap(name => /^freeu\.(.*)\.backbone$/.exec(name)?.[1] ?? []);
      sites = names.map(site => {
        const of = (what: string): Tensor => features[`freeu.${site}.${what}`]!;
        return { site, backbone: pair(of('backbone'), of('backbone_scaled')), skip: pair(of('skip'), of('skip_filtered')) };
      });
    },
    onStep: ({ step, x }: StepState): void => {
      const latent = spectrumOf(x);
      steps.push({ step: step.index, timestep: step.t, sites, latent: measured(latent, latent) });
    },
  };
};

/** Draws the first picture of a job twice from the same noise, with its FreeU and without. */
const spectraOf = async (
  { options, workshop, opened, size, planned, cells, signal }: SpectrumJob,
  freeu: FreeUUse,
): Promise<FreeUSpectra> => {
  const { conditioning, init, controls } = planned.inputs;
  const picture = planned.plan.nodes.find(({ id }) => id === planned.pictures[0]!.node)!;
  const { controls: uses } = picture.params as { controls: readonly ControlParams[] };
  const { seed } = cells[0]!;
  const sampling = { ...samplingOf(options), strengthSteps: options.strengthSteps, seed };
  const latent = init && (await workshop.get(planned, init));
  const images: Tensor[] = [];
  for (const ref of controls) images.push(await workshop.get(planned, ref));
  const job = {
    size,
    controls: controlUses(uses, images),
    init: latent && { latent, strength: options.strength },
  };
  const record = async (freeu: FreeUUse): Promise<readonly StepSpectra[]> => {
    const { steps, probe, onStep } = spectrumRecorder();
    const text = await workshop.get(planned, conditioning);
    await drawPicture(opened.model, text, { ...job, sampling: { ...sampling, freeu } }, { signal, probe, onStep });
    return steps;
  };
  const runs = { withFreeU: await record(freeu), without: await record({ ...NO_FREEU, version: freeu.version ?? 2 }) };
  return { frequencies: FREQUENCIES, freeu, seed, prompt: options.style, size: [size.width, size.height], runs };
};

type SpectrumJob = {
  readonly options: DrawingOptions;
  readonly workshop: Workshop;
  readonly opened: OpenedModel;
  readonly size: Size;
  readonly planned: Planned & PicturesPlan;
  readonly cells: readonly { readonly seed: number }[];
  readonly signal: AbortSignal;
};

/** Writes the analysis of a job: `.json` has all numbers, `.svg` a drawing of them. */
export const drawSpectra = async (file: string, job: SpectrumJob): Promise<void> => {
  const freeu = freeuOf(job.options);
  if (!freeu) return;
  const spectra = await spectraOf(job, freeu);
  const content = extname(file).toLowerCase() === '.svg' ? spectrumPlot(spectra) : `${JSON.stringify(spectra)}\n`;
  await writeWhole(file, content, { overwrite: job.options.overwrite });
};
