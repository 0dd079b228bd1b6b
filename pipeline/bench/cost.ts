// What a piece of work costs on this machine: time, and growth of memory.

/** Wall and CPU (all threads) seconds. */
export type Seconds = { readonly wall: number; readonly cpu: number };

export type Cost<T> = {
  readonly value: T;
  readonly seconds: Seconds;
  /** Bytes that the process grew by at its largest. */
  readonly memory: number;
};

export const per = ({ wall, cpu }: Seconds, count: number): Seconds => ({ wall: wall / count, cpu: cpu / count });

const SAMPLING = 20; // milliseconds between two looks at the process's memory

export const costOf = async <T>(work: () => Promise<T>): Promise<Cost<T>> => {
  const before = process.memoryUsage().rss;
  let largest = before;
  const look = (): void => {
    largest = Math.max(largest, process.memoryUsage().rss);
  };
  const timer = setInterval(look, SAMPLING);
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  try {
    const value = await work();
    const { user, system } = process.cpuUsage(cpu);
    look();
    return { value, seconds: { wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 }, memory: largest - before };
  } finally {
    clearInterval(timer);
  }
};
