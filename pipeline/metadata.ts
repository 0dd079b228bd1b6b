// What a result says of itself.
import { packageVersion } from '../config/paths.ts';
import { freeuText } from './plan.ts';
import type { Prepared } from './prepare.ts';

/** Tags for the container: what was asked for, enough to draw it again. */
export const runTags = ({ options, controls, painter }: Prepared): Record<string, string> => {
  if (!options.metadata) return {};
  const { style, negativePrompt, seed, steps, strength, cfgScale, freeu, interval, size } = options;
  const asked = {
    style,
    negativePrompt,
    seed,
    steps,
    strength,
    cfgScale,
    freeu: freeuText(freeu),
    controls: controls.map(c => `${c.type}:${c.scale}`),
    adapters: painter.info.adapters,
    interval,
    size,
  };
  return { comment: `rerender ${packageVersion()} ${JSON.stringify(asked)}` };
};
