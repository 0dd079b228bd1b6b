// FreeU's Fourier analysis of one drawing: the spectra of backbone, skips and latent at each step, with and without FreeU.
import { extname } from 'node:path';
import { writeWhole } from '../../media/whole-file.ts';
import type { Conditioning } from '../../models/conditioning.ts';
import type { FreeUUse } from '../../models/denoise/guided-denoiser.ts';
import type { DiffusionModel } from '../../models/diffusion-model.ts';
import type { StepState } from '../../models/samplers/sampler.ts';
import type { Step } from '../../models/samplers/schedule.ts';
import type { Tensor } from '../../models/tensor.ts';
import { drawPicture, type PictureJob } from '../../stages/pictures/draw.ts';
import { type Bands, bandsOf, FREQUENCIES, relativeTo, type Spectrum, spectrumOf } from '../../stages/spectrum/radial.ts';
import { spectrumPlot } from './spectrum-plot.ts';

/** A map at a step. `relative` is log amplitude less that at frequency 0 of the same map before FreeU; `logAmplitudeAt0` is its own. */
export type Measured = Bands & { readonly relative: Spectrum; readonly logAmplitudeAt0: number };

/** A place where FreeU works: the layer's input from below and its skip, before and after. */
export type SiteSpectra = {
  readonly site: string;
  readonly backbone: { readonly before: Measured; readonly after: Measured };
  readonly skip: { readonly before: Measured; readonly after: Measured };
};

export type StepSpectra = {
  readonly step: number;
  readonly timestep: number;
  readonly sites: readonly SiteSpectra[];
  readonly latent: Measured;
};

export type FreeUSpectra = {
  /** In units of pi. */
  readonly frequencies: readonly number[];
  readonly freeu: FreeUUse;
  readonly seed: number;
  readonly prompt: string;
  readonly size: readonly [width: number, height: number];
  /** The same noise, drawn twice. */
  readonly runs: { readonly withFreeU: readonly StepSpectra[]; readonly without: readonly StepSpectra[] };
};

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

/**
 * Draws the job twice from the same noise, with its FreeU and without, and writes the analysis.
 * @param file `.json` has all numbers, `.svg` a drawing of them
 */
export const writeSpectra = async (
  file: string,
  {
    model,
    conditioning,
    job,
    prompt,
    overwrite,
    signal,
  }: {
    model: DiffusionModel;
    conditioning: Conditioning;
    job: PictureJob & { freeu: FreeUUse };
    prompt: string;
    overwrite: boolean;
    signal: AbortSignal;
  },
): Promise<void> => {
  const record = async (freeu: FreeUUse): Promise<readonly StepSpectra[]> => {
    const { steps, probe, onStep } = spectrumRecorder();
    await drawPicture(model, conditioning, { ...job, freeu }, { signal, probe, onStep });
    return steps;
  };
  const runs = { withFreeU: await record(job.freeu), without: await record({ ...job.freeu, b1: 1, b2: 1, s1: 1, s2: 1 }) };
  const { seed, freeu, size } = job;
  const spectra: FreeUSpectra = { frequencies: FREQUENCIES, freeu, seed, prompt, size: [size.width, size.height], runs };
  const content = extname(file).toLowerCase() === '.svg' ? spectrumPlot(spectra) : `${JSON.stringify(spectra)}\n`;
  await writeWhole(file, content, { overwrite });
};
