// What a picture says of itself, in the words of A1111's web interface: the prompt, `Negative prompt: ...`, then a line of `Name: value`.

/** A text in its parts. Names are as they stand there. */
export type Infotext = { readonly prompt: string; readonly negative: string; readonly fields: ReadonlyMap<string, string> };

const NEGATIVE = 'Negative prompt:';
const FEWEST = 3; // fields of a line that is one of settings and not of the prompt
const MOST = 500; // fields that are read

/** A value as it is written: in quotes where it holds what ends one. */
export const quotedField = (text: string): string => (/[,:"\n]/.test(text) ? JSON.stringify(text) : text);

const unquoted = (text: string): string => {
  if (!/^".*"$/s.test(text)) return text.trim();
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : text;
  } catch {
    return text;
  }
};

const FIELD = /\s*(\w[\w /-]*):\s*("(?:\\.|[^"\\])*"|[^,]*)(?:,|$)/y;

/** The fields of a line, in order; of several with one name the first. */
const fieldsOf = (line: string): Map<string, string> => {
  const fields = new Map<string, string>();
  for (let at = 0, count = 0; at < line.length && count < MOST; count++) {
    FIELD.lastIndex = at;
    const match = FIELD.exec(line);
    const comma = line.indexOf(',', at);
    at = match ? FIELD.lastIndex : comma < 0 ? line.length : comma + 1; // what is no field is passed by
    const [, name = '', value = ''] = match ?? [];
    if (match && !fields.has(name)) fields.set(name, unquoted(value));
  }
  return fields;
};

/** Reads a text; one whose last line holds fewer than three fields is a prompt alone. */
export const parseInfotext = (text: string): Infotext => {
  const lines = text.replaceAll('\r\n', '\n').trim().split('\n');
  const last = fieldsOf(lines.at(-1) ?? '');
  const fields = last.size >= FEWEST ? last : new Map<string, string>();
  const words = fields.size > 0 ? lines.slice(0, -1) : lines;
  const begin = words.findIndex(line => line.trimStart().startsWith(NEGATIVE));
  const prompt = (begin < 0 ? words : words.slice(0, begin)).join('\n').trim();
  const negative = begin < 0 ? '' : words.slice(begin).join('\n').trim().slice(NEGATIVE.length).trim();
  return { prompt, negative, fields };
};
