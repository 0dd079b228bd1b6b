// What a result says of itself.
import { freeuText } from '../../config/freeu.ts';
import { packageVersion } from '../../config/paths.ts';
import { controlFacts } from '../session/controls.ts';
import type { ClipJob } from './clip-job.ts';

/** A container's comment: the program, and what was asked of it. */
export const commentOf = (asked: Readonly<Record<string, unknown>>): { readonly comment: string } => ({
  comment: `rerender ${packageVersion()} ${JSON.stringify(asked)}`,
});

/** Tags for the container: what was asked for, enough to draw it again. */
export const runTags = ({ options, opened, planned }: Pick<ClipJob, 'options' | 'opened' | 'planned'>): Record<string, string> => {
  if (!options.metadata) return {};
  const { style, negativePrompt, seed, steps, strength, cfgScale, interval, size, window, windowOverlap, mix, only } = options;
  const { adapters } = opened.model.info;
  const controls = controlFacts(options, opened.controls).map(({ type, scale }) => `${type}:${scale}`);
  const { cfgLow, cfgHigh, freeuStage } = options;
  const bands = { ...(cfgLow !== undefined && { cfgLow }), ...(cfgHigh !== undefined && { cfgHigh }) };
  const further = { ...bands, ...(freeuStage.length > 0 && { freeuStage }), ...(mix < 1 && { mix }), ...(only.length > 0 && { only }) };
  const common = { style, negativePrompt, seed, steps, strength, cfgScale, freeu: freeuText(options.freeu), ...further };
  return commentOf(
    planned.strategy === 'keyframes'
      ? { ...common, controls, adapters, interval, size }
      : { ...common, adapters, size, window, windowOverlap },
  );
};
