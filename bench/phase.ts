// What a piece of work takes: seconds, and memory of the process by kind (Linux).
import { readFileSync } from 'node:fs';

const MILLISECONDS = 20;
const KILOBYTE = 1024;

/** Bytes that the process holds now. */
const held = () => {
  const status = readFileSync('/proc/self/status', 'utf8');
  const of = (name: string): number => KILOBYTE * Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
  return { all: of('VmRSS'), anonymous: of('RssAnon'), mapped: of('RssFile') };
};

/** Runs a phase and prints its seconds, those of the processors, and the most that the process held of each kind, at any moment. */
export const phase = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  const peak = held();
  const timer = setInterval(() => {
    const now = held();
    for (const kind of ['all', 'anonymous', 'mapped'] as const) peak[kind] = Math.max(peak[kind], now[kind]);
  }, MILLISECONDS);
  const begin = performance.now();
  const before = process.cpuUsage();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    const sizes = Object.entries(peak).map(([kind, bytes]) => `${kind} ${(bytes / 1e9).toFixed(2)} GB`);
    const { user, system } = process.cpuUsage(before);
    const seconds = `${((performance.now() - begin) / 1000).toFixed(1)} s (${((user + system) / 1e6).toFixed(1)} s of processors)`;
    console.log(`${name}: ${seconds}, ${sizes.join(', ')}`);
  }
};
