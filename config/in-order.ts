/**
 * `Promise.all` that tells the first fault of the list, not the first in time: of two faults in a model the same one is named on every run.
 * Waits for all of them, so nothing goes on behind the error.
 */
export const allInOrder = async <T extends readonly unknown[]>(
  promises: readonly [...T],
): Promise<{ -readonly [I in keyof T]: Awaited<T[I]> }> => {
  await Promise.allSettled(promises);
  return Promise.all(promises);
};
