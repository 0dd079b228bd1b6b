// Whether what a reader threw is an error of the program, down to its causes.
import { RerenderError } from '../../config/errors.ts';

const OF_THE_LANGUAGE = [TypeError, RangeError, SyntaxError, ReferenceError, URIError, EvalError];

/** Words of errors that the language throws; a message that repeats them hides a fault. */
const MASKED = new RegExp(
  [
    'Maximum call stack',
    'Invalid array length',
    'Invalid typed array',
    'Invalid string length',
    'Cannot read prop',
    'Cannot mix BigInt',
    'is not iterable',
    'is not a function',
    'Reduce of empty',
    'ERR_OUT_OF_RANGE',
    'Array buffer allocation',
  ].join('|'),
);

const nameOf = (error: unknown): string => (error instanceof Error ? `${error.constructor.name}: ${error.message}` : String(error));

/** What is foreign in an error, in a line; undefined where all of it is the program's own. */
export const foreign = (error: unknown): string | undefined => {
  if (!(error instanceof RerenderError))
    return error instanceof Error ? (error.stack ?? nameOf(error)).split('\n').slice(0, 4).join(' | ') : nameOf(error);
  if (MASKED.test(error.message)) return `masked: ${nameOf(error).slice(0, 300)}`;
  if (error.message.length > 5000) return `a message of ${error.message.length} characters: ${error.message.slice(0, 200)}`;
  for (let cause = error.cause; cause !== undefined; cause = (cause as Error).cause) {
    if (OF_THE_LANGUAGE.some(kind => cause instanceof kind))
      return `cause: ${((cause as Error).stack ?? '').split('\n').slice(0, 4).join(' | ')}`;
    if (!(cause instanceof Error)) return `cause: ${String(cause)}`;
  }
  return undefined;
};
