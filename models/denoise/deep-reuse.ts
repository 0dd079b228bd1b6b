// Reuse of deep features (DeepCache: Ma, Fang, Wang 2024): features of the way up change little from step to step, so that only every n-th
// step runs the whole U-Net. The steps between run its first and last layers, with what the whole one had where those begin.

/** What a step was run for when the whole U-Net was run last. */
export type Stored = { readonly halves: number };

/**
 * Whether a step runs the whole U-Net: the first, every n-th of the run, and those that ask more or less than what is stored answers.
 * @param halves 2 for a guidance pair, 1 for the prompt alone
 */
export const runsWhole = (position: number, every: number, halves: number, stored: Stored | undefined): boolean =>
  position % every === 0 || stored?.halves !== halves;
