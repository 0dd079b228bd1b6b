// Samplers under the names that A1111's web interface gives them.
import { SAMPLERS, type SamplerName } from '../../../config/samplers.ts';

/** A1111's name and its schedule; without one the sampler's own. */
const NAMES: Readonly<Partial<Record<SamplerName, readonly [name: string, schedule?: string]>>> = {
  ddim: ['DDIM'],
  euler: ['Euler'],
  'euler-karras': ['Euler', 'Karras'],
  'euler-a': ['Euler a'],
  'dpm++2m': ['DPM++ 2M'],
  'dpm++2m-karras': ['DPM++ 2M', 'Karras'],
  'dpm++2m-sde': ['DPM++ 2M SDE'],
  'dpm++2m-sde-karras': ['DPM++ 2M SDE', 'Karras'],
  unipc: ['UniPC'],
  'unipc-karras': ['UniPC', 'Karras'],
  pndm: ['PLMS'],
  lcm: ['LCM'],
};

/** The fields `Sampler` and `Schedule type`. */
export const samplerFields = (sampler: SamplerName): readonly [string, string | undefined] => {
  const [name, schedule] = NAMES[sampler] ?? [sampler];
  return [name, schedule ?? (NAMES[sampler] && 'Uniform')];
};

/** Schedules that a sampler has by itself there, where the schedule is `Automatic`. */
const AUTOMATIC: Readonly<Record<string, string>> = { 'dpm++ 2m': 'karras' };

/**
 * The sampler of the fields `Sampler` and `Schedule type`: A1111's, with the schedule in the name as earlier versions have it, or this
 * program's own name; undefined for one that is not had here.
 */
export const samplerOf = (name: string, schedule = ''): SamplerName | undefined => {
  const own = SAMPLERS.find(sampler => sampler === name);
  if (own) return own;
  const [, plain = '', joined = ''] = /^(.*?)( karras)?$/.exec(name.toLowerCase()) ?? [];
  const asked = schedule.toLowerCase();
  const kind = joined.trim() || (asked === 'automatic' ? (AUTOMATIC[plain] ?? '') : asked === 'uniform' ? '' : asked);
  return SAMPLERS.find(sampler => {
    const [theirs, theirSchedule = ''] = NAMES[sampler] ?? [];
    return theirs?.toLowerCase() === plain && theirSchedule.toLowerCase() === kind;
  });
};
