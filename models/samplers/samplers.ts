// The samplers by name, and which of them a model's own scheduler_config.json stands for.

import type { SamplerName } from '../../config/samplers.ts';
import { cut } from '../../config/show.ts';
import { type Config, configReader, ScheduleError } from './config.ts';
import { ddim } from './ddim.ts';
import { dpmSolver } from './dpm-solver.ts';
import { euler, eulerAncestral } from './euler.ts';
import { lcm } from './lcm.ts';
import { pndm } from './pndm.ts';
import type { Sampler } from './sampler.ts';
import { readSchedule, type Schedule } from './schedule.ts';
import { unipc } from './unipc.ts';

/** @param first index of the first step that runs */
type Method = (schedule: Schedule, count: number, first: number, eta?: number) => Sampler;

const LEVELS = { use_karras_sigmas: false, use_exponential_sigmas: false, use_lu_lambdas: false };
const KARRAS = { ...LEVELS, use_karras_sigmas: true };
const SDE = { algorithm_type: 'sde-dpmsolver++' };

/** A name stands for a method over the model's own config, in which `changes` are made. */
const METHODS: Readonly<Record<Exclude<SamplerName, 'auto'>, { readonly method: Method; readonly changes?: Config }>> = {
  ddim: { method: ddim },
  euler: { method: euler },
  'euler-karras': { method: euler, changes: KARRAS },
  'euler-a': { method: eulerAncestral },
  'dpm++2m': { method: dpmSolver },
  'dpm++2m-karras': { method: dpmSolver, changes: KARRAS },
  'dpm++2m-sde': { method: dpmSolver, changes: SDE },
  'dpm++2m-sde-karras': { method: dpmSolver, changes: { ...SDE, ...KARRAS } },
  unipc: { method: unipc },
  'unipc-karras': { method: unipc, changes: KARRAS },
  pndm: { method: pndm },
  lcm: { method: lcm },
};

/** diffusers' classes that `auto` knows. */
const CLASSES: Readonly<Record<string, Exclude<SamplerName, 'auto'>>> = {
  DDIMScheduler: 'ddim',
  EulerDiscreteScheduler: 'euler',
  EulerAncestralDiscreteScheduler: 'euler-a',
  DPMSolverMultistepScheduler: 'dpm++2m',
  UniPCMultistepScheduler: 'unipc',
  PNDMScheduler: 'pndm',
  LCMScheduler: 'lcm',
};

/** What part of the schedule a sampler runs over; see {@link Samplers}. */
export type SamplerRun = { readonly count: number; readonly first?: number; readonly span?: number; readonly eta?: number };

/** The samplers of one model. */
export type Samplers = {
  readonly schedule: Schedule;
  /**
   * A sampler for a run of `count` steps that begins with step `first`; `eta` is DDIM's. The whole schedule of `count` steps covers the
   * share `span` (default 1) of the training's timesteps, from their clean end.
   * @throws ScheduleError naming the key whose value is not supported, or for a count that does not fit
   */
  readonly open: (name: SamplerName, run: SamplerRun) => Sampler;
};

/**
 * Reads a diffusers scheduler config (`scheduler_config.json`) for all samplers.
 * @param where names the file in errors
 * @throws ScheduleError for what none of them supports
 */
export const readSamplers = (config: Config, where?: string): Samplers => {
  const schedule = readSchedule(config, where);
  const { className, where: file } = schedule.read;
  const named = (name: SamplerName): Exclude<SamplerName, 'auto'> => {
    if (name !== 'auto') return name;
    if (className === undefined) return 'ddim';
    if (Object.hasOwn(CLASSES, className)) return CLASSES[className]!;
    throw new ScheduleError(
      `${file}: _class_name ${cut(className)} is none of ${Object.keys(CLASSES).join(', ')}: choose a sampler by its name`,
    );
  };
  return {
    schedule,
    open: (name, { count, first = 0, span = 1, eta }) => {
      const { method, changes } = METHODS[named(name)];
      const read = changes ? configReader({ ...config, ...changes }, file) : schedule.read;
      const length = Math.max(count, Math.round(span * schedule.length)); // a timestep for each step
      return method({ ...schedule, read, length: Math.min(length, schedule.length) }, count, first, eta);
    },
  };
};
