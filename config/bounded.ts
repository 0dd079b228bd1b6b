// A number that a file states, within bounds: what is built or allocated by it cannot outgrow the machine.

/** The least and the most that a whole number may be. */
export type Bounds = readonly [least: number, most: number];

/** Whether a value is a whole number within bounds. */
export const isWithin = (value: unknown, [least, most]: Bounds): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;

/** The bounds in words, for messages. */
export const boundsText = ([least, most]: Bounds): string => `a whole number from ${least} to ${most}`;
