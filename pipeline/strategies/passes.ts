// The passes that a drawing takes: one for a style, and one over it for a second.
import type { Options } from '../../config/options.ts';
import type { Frame } from '../../media/frame.ts';
import { stepsAtStrength } from '../../models/samplers/schedule.ts';
import type { Planner } from '../graph/plan.ts';
import type { Ref } from '../graph/ref.ts';
import type { RefsOf } from '../graph/step.ts';
import { drawnFrame, greyFrame } from '../steps/frame.ts';

/** A pass over what the one before drew, or the first. */
export type PassOptions = {
  /** What its nodes are called by beside those of others. */
  readonly suffix: string;
  /** The options that it has otherwise than the run. */
  readonly changes: Partial<Options>;
  /** Whether it begins at what was drawn without its colours. */
  readonly grey?: boolean;
};

/** The shares of the strength for which each of two styles is drawn once more over itself: 0 where that makes no step. */
export const againShares = (options: Pick<Options, 'firstAgain' | 'secondAgain' | 'strength' | 'strengthSteps' | 'steps'>) => {
  const { steps, strength, strengthSteps } = options;
  const made = (share: number): number => (stepsAtStrength(steps, strength * share, strengthSteps) > 0 ? share : 0);
  return { firstAgain: made(options.firstAgain), secondAgain: made(options.secondAgain) };
};

/**
 * In their order; the last one gives the result. Of two styles the first may be guided more, as the second covers a little of its texture;
 * each may be drawn once more over itself. Each pass begins at what the one before drew, whatever that began at.
 */
export const passesOf = (options: Options): { readonly before: readonly PassOptions[]; readonly last: PassOptions } => {
  const { cfgScale, firstCfgScale = cfgScale, strength } = options;
  const second = (options.secondStyle ?? '').trim();
  if (second === '') return { before: [], last: { suffix: '', changes: {} } };
  const guided = { cfgScale: Math.max(cfgScale, firstCfgScale) };
  const over = { style: second, fromNoise: false };
  const { firstAgain, secondAgain } = againShares(options);
  const again = (changes: Partial<Options>, share: number) => ({ ...changes, strength: strength * share, fromNoise: false });
  const drawOver = { changes: over, grey: options.secondFrom === 'grey' };
  return {
    before: [
      { suffix: ' first', changes: guided },
      ...(firstAgain > 0 ? [{ suffix: ' again', changes: again(guided, firstAgain) }] : []),
      ...(secondAgain > 0 ? [{ suffix: ' second', ...drawOver }] : []),
    ],
    last: { suffix: '', ...(secondAgain > 0 ? { changes: again(over, secondAgain) } : drawOver) },
  };
};

/** What a pass takes for its frame: what was drawn below it, where there was a frame with that one's place in time. */
export const frameUnder = (planner: Planner, name: string, inputs: RefsOf<typeof drawnFrame.inputs>, grey = false): Ref<Frame> => {
  const { frame } = planner.add(drawnFrame, { id: name, params: {}, inputs });
  return grey ? planner.add(greyFrame, { id: `grey ${name}`, params: {}, inputs: { frame } }).frame : frame;
};
