// A run that would draw nothing is refused: its result would be the source itself.
import { UsageError } from '../../config/errors.ts';
import { OPTIONS, type Options } from '../../config/options.ts';
import type { StrengthSteps } from '../../config/samplers.ts';
import { stepsAtStrength } from '../../models/samplers/schedule.ts';

const MOST_STEPS = OPTIONS.steps.max;

/** The least strength, in thousandths, at which one of the steps runs. */
const leastStrength = (steps: number, how: StrengthSteps): number => {
  if (how === 'spread') return 0.001;
  const least = Math.ceil(1000 / steps) / 1000;
  return stepsAtStrength(steps, least) > 0 ? least : least + 0.001;
};

/**
 * Checks that at least one denoising step runs where drawing begins at a picture.
 * @param strategy that draws; key frames may begin at noise alone
 * @throws UsageError with what to give
 */
export const checkDraws = (
  { steps, strength, strengthSteps, fromNoise }: Pick<Options, 'steps' | 'strength' | 'strengthSteps' | 'fromNoise'>,
  strategy: 'keyframes' | 'windows' | 'picture',
): void => {
  if (stepsAtStrength(steps, strength, strengthSteps) > 0 || (strategy === 'keyframes' && fromNoise)) return;
  const exact = Math.ceil(1 / strength);
  const enough = stepsAtStrength(exact, strength) > 0 ? exact : exact + 1;
  const more = enough <= MOST_STEPS ? `, or at least --steps ${enough}` : '';
  throw new UsageError(
    `--strength ${strength} of ${steps} steps runs none of them, so nothing would be drawn: give at least --strength ` +
      `${Number(leastStrength(steps, strengthSteps).toFixed(3))}${more}. For a weak style draw at a usual strength and give --mix 0.3.`,
  );
};
