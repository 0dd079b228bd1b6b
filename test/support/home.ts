// Removes the home folder that vitest.config.ts gives to the tests.
import { rmSync } from 'node:fs';

/** Called by vitest when the last test has ended. */
export const teardown = (): void => {
  if (process.env.TEST_HOME) rmSync(process.env.TEST_HOME, { recursive: true, force: true });
};
