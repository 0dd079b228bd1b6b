// Parts of a run of the sampler.

/** A part of the steps that a run makes: fractions, 0 the first step's begin and 1 the last one's end. */
export type StepWindow = { readonly start?: number; readonly end?: number };

/** Whether a step lies in a window of the run: as in diffusers, it has to begin and to end inside. */
export const within = ({ start = 0, end = 1 }: StepWindow, position: number, count: number): boolean =>
  position / count >= start && (position + 1) / count <= end;
