// One JSON object a line, for programs.
import type { Reporter } from './reporter.ts';

/** Version of the line format; raised when a field changes its meaning. */
const FORMAT = 1;

export const jsonReporter = (write: (line: string) => void): Reporter => {
  const start = performance.now();
  const say = (object: object): void => {
    write(`${JSON.stringify({ v: FORMAT, ...object, t: Number(((performance.now() - start) / 1000).toFixed(2)) })}\n`);
  };
  return {
    listen: say,
    end: failure => failure && say({ type: 'error', ...failure }),
  };
};
