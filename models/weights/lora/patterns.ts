// PEFT's patterns for modules: a regular expression that fits a module's name, or what follows a dot of it. They come from strangers.
import { RE2JS, RE2JSException } from 're2js';

/** The value of the first pattern that fits a module's name. */
export type ByPattern = (module: string) => { readonly pattern: string; readonly value: unknown } | undefined;

const LONGEST = 200; // characters of a pattern that is more than a name
const MOST = 100; // such patterns: each is tried on every module

/** Most patterns are modules' names as they are; a dot in them means a dot. */
const isName = (pattern: string): boolean => /^[\w.-]*$/.test(pattern);

/** A module's name, and every end of it behind a dot. */
const ends = (module: string): string[] => [...module.split('.').keys()].map(i => module.split('.').slice(i).join('.'));

/**
 * Reads patterns in their order. RE2 matches in time that grows with the name alone: it has no look-around and no back references, and
 * neither has a module's name a use for them.
 * @param fail makes the error for a pattern, by what is wrong with it
 */
export const byPattern = (patterns: Readonly<Record<string, unknown>>, fail: (reason: string) => Error): ByPattern => {
  const all = Object.entries(patterns).map(([pattern, value]) => ({ pattern, value }));
  const names = new Map<string, number>();
  const matchers: { readonly index: number; readonly matcher: RE2JS }[] = [];
  for (const [index, { pattern }] of all.entries()) {
    if (isName(pattern)) {
      names.set(pattern, index);
      continue;
    }
    if (pattern.length > LONGEST)
      throw fail(`has a pattern of ${pattern.length} characters that is no module's name, at most ${LONGEST} are read`);
    if (matchers.length === MOST) throw fail(`has more than ${MOST} patterns that are no modules' names`);
    matchers.push({ index, matcher: compile(pattern, fail) });
  }
  return module => {
    const named = ends(module).map(end => names.get(end) ?? Number.POSITIVE_INFINITY);
    const matched = matchers.find(({ matcher }) => matcher.matches(module))?.index ?? Number.POSITIVE_INFINITY;
    return all[Math.min(matched, ...named)];
  };
};

const compile = (pattern: string, fail: (reason: string) => Error): RE2JS => {
  try {
    return RE2JS.compile(`(?:.*\\.)?(?:${pattern})`);
  } catch (error) {
    if (error instanceof RE2JSException) throw fail(`${pattern} is not a module's name or a pattern of RE2: ${error.message}`);
    throw error;
  }
};
