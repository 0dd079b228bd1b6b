// Values of files and callers in messages.

const LONGEST = 120; // characters of a text in a message

/** A text of a file, cut to what a message has room for. */
export const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text);

const SHOWN = { items: 16, depth: 4 } as const;

/** A value of a file or of a caller for a message: as JSON, but cut where it is long or deep. Never throws. */
export const show = (value: unknown, depth: number = SHOWN.depth): string => {
  if (typeof value === 'string') return JSON.stringify(cut(value));
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  const list = Array.isArray(value);
  if (depth === 0) return list ? '[...]' : '{...}';
  const items = list
    ? value.slice(0, SHOWN.items).map(item => show(item, depth - 1))
    : Object.entries(value)
        .slice(0, SHOWN.items)
        .map(([key, item]) => `${show(key)}:${show(item, depth - 1)}`);
  const count = list ? value.length : Object.keys(value).length;
  const text = [...items, ...(count > SHOWN.items ? ['...'] : [])].join(',');
  return list ? `[${text}]` : `{${text}}`;
};
