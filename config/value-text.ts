// An option's value as its flag is written, for --help and documentation.
import type { OptionSpec } from './option.ts';

const isFactors = (value: unknown): value is object => typeof value === 'object' && value !== null && 'b1' in value;

/** The value in the spelling of the command line; `on` and `off` say whether the flag holds; empty where there is none. */
export const valueText = (spec: OptionSpec, value: unknown): string => {
  if (spec.type === 'flag') return (value === true) === spec.flag.startsWith('--no-') ? 'off' : 'on';
  if (value === undefined) return '';
  if (spec.type === 'texts') return (value as readonly string[]).join(' ');
  if (Array.isArray(value)) return value.join(spec.type === 'range' ? '-' : ',');
  return isFactors(value) ? Object.values(value).join(',') : String(value);
};
