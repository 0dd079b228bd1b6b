// What a result says of itself.
import { freeuText } from '../../config/freeu.ts';
import type { Options } from '../../config/options.ts';
import { packageVersion } from '../../config/paths.ts';
import { controlFacts } from '../session/controls.ts';
import { deviceOf } from '../session/plan-file.ts';
import type { ClipJob } from './clip-job.ts';

/** A container's comment: the program, and what was asked of it. */
export const commentOf = (asked: Readonly<Record<string, unknown>>): { readonly comment: string } => ({
  comment: `rerender ${packageVersion()} ${JSON.stringify(asked)}`,
});

/** Settings of style, guidance and FreeU beyond those that every run has. */
export const drawnFurther = ({
  secondStyle,
  firstCfgScale,
  firstAgain,
  secondAgain,
  secondFrom,
  strengthSteps,
  cfgLow,
  cfgHigh,
  freeuStage,
}: Options): Record<string, unknown> => ({
  ...(secondStyle !== undefined && { secondStyle }),
  ...(secondStyle && firstCfgScale !== undefined && { firstCfgScale }),
  ...(secondStyle && firstAgain > 0 && { firstAgain }),
  ...(secondStyle && secondAgain > 0 && { secondAgain }),
  ...(secondStyle && secondFrom === 'grey' && { secondFrom }),
  ...(strengthSteps === 'spread' && { strengthSteps }),
  ...(cfgLow !== undefined && { cfgLow }),
  ...(cfgHigh !== undefined && { cfgHigh }),
  ...(freeuStage.length > 0 && { freeuStage }),
});

/** Tags for the container: what was asked for, enough to draw it again. */
export const runTags = ({ options, opened, planned }: Pick<ClipJob, 'options' | 'opened' | 'planned'>): Record<string, string> => {
  if (!options.metadata) return {};
  const { style, negativePrompt, seed, steps, strength, cfgScale, interval, size, window, windowOverlap, mix, only } = options;
  const { adapters } = opened.model.info;
  const controls = controlFacts(options, opened.controls).map(({ type, scale }) => `${type}:${scale}`);
  const further = { ...drawnFurther(options), ...(mix < 1 && { mix }), ...(only.length > 0 && { only }) };
  const device = deviceOf(planned);
  const common = {
    style,
    negativePrompt,
    seed,
    steps,
    strength,
    cfgScale,
    freeu: freeuText(options.freeu),
    ...further,
    ...(device !== 'cpu' && { device }),
  };
  return commentOf(
    planned.strategy === 'keyframes'
      ? { ...common, controls, adapters, interval, size }
      : { ...common, adapters, size, window, windowOverlap },
  );
};
