// JSON.parse keeps the last of two equal keys in silence; a weights file that has a tensor twice is damaged or forged.

/** The first key that the outermost object of a valid JSON text has twice; undefined when all differ. */
export const duplicateKey = (json: string): string | undefined => {
  const seen = new Set<string>();
  let depth = 0;
  for (const { 0: token, index } of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1 && /^\s*:/.test(json.slice(index + token.length, index + token.length + 8))) {
      const key: string = JSON.parse(token);
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return undefined;
};
