// What the first pass over a clip sees.
import type { Survey } from '../../stages/shots/survey.ts';

export type Analysis = Survey & {
  /** Seconds at which each frame is shown, from the start of the clip. */
  readonly times: readonly number[];
  /** What the pass said about the clip: it is said again when a later run takes the analysis from the store. */
  readonly warnings: readonly string[];
  /** Seconds that the last frame is shown. */
  readonly lastFrame: number;
};
