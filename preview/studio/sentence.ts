// An error in a sentence for the page.
import { RerenderError } from '../../config/errors.ts';

/** What the program says of its own errors; of others no more than that there was one, as their texts are for developers. */
export const sentenceOf = (error: unknown): string =>
  error instanceof RerenderError
    ? error.message
    : `Something failed inside the program (${error instanceof Error ? error.name : 'error'}).`;
