// Values at hand: the latest ones, up to a limit of bytes.

export type Recent = {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
};

/** Bytes of all typed arrays inside a value. */
const bytesOf = (value: unknown): number => {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 0;
  const parts = [...Object.values(value), ...Object.getOwnPropertySymbols(value).map(symbol => (value as Record<symbol, unknown>)[symbol])];
  return parts.reduce<number>((sum, part) => sum + bytesOf(part), 0);
};

/** @param limit bytes; the latest value stays however large it is */
export const recentValues = (limit: number): Recent => {
  const values = new Map<string, { value: unknown; bytes: number }>();
  let total = 0;
  const drop = (key: string): void => {
    total -= values.get(key)?.bytes ?? 0;
    values.delete(key);
  };
  return {
    get: key => {
      const found = values.get(key);
      if (!found) return undefined;
      values.delete(key);
      values.set(key, found); // now the youngest
      return found.value;
    },
    set: (key, value) => {
      drop(key);
      const bytes = bytesOf(value);
      values.set(key, { value, bytes });
      total += bytes;
      for (const oldest of values.keys()) {
        if (total <= limit || oldest === key) break;
        drop(oldest);
      }
    },
  };
};
