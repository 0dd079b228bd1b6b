// Numbers as people read them.

/** 7.2 s, 3:05 min, 1:02:33 h. */
export const duration = (seconds: number): string => {
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const s = Math.round(seconds);
  const pad = (n: number) => String(n).padStart(2, '0');
  if (s < 3600) return `${Math.floor(s / 60)}:${pad(s % 60)} min`;
  return `${Math.floor(s / 3600)}:${pad(Math.floor((s % 3600) / 60))}:${pad(s % 60)} h`;
};

/** 20 MB, 3.4 GB. */
export const bytes = (n: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = n < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(n) / 3));
  const scaled = n / 1000 ** power;
  return `${scaled.toFixed(power > 1 && scaled < 10 ? 1 : 0)} ${units[power]}`;
};

/** 1 key frame, 12 key frames. */
export const count = (n: number, singular: string): string => `${n} ${singular}${n === 1 ? '' : 's'}`;

/** Rows under a head, in columns; the first column to the left, numbers to the right. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((name, c) => Math.max(name.length, ...rows.map(row => row[c]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join('  ');
  return [head, ...rows].map(line).join('\n');
};
