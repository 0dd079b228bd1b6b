// The numbers of FreeU's Fourier analysis.
import type { FreeUUse } from '../../../models/denoise/freeu.ts';
import type { Bands, Spectrum } from '../../../stages/spectrum/radial.ts';

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
