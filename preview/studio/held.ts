// A value that is slow to make while a network runs: made between drawings, so that whoever asks for it waits for none.

export type HeldValue<T> = {
  /** The latest that was made; the first time it is made now. */
  get(): Promise<T>;
  /** Something was finished: makes it anew. The earlier one stands until then. */
  renew(): Promise<void>;
};

export const holdValue = <T>(make: () => Promise<T>): HeldValue<T> => {
  let latest: Promise<T> | undefined;
  return {
    get: () => {
      latest ??= make();
      latest.catch(() => (latest = undefined)); // the next one tries again
      return latest;
    },
    renew: async () => {
      const next = await make().catch(() => undefined);
      latest = next === undefined ? undefined : Promise.resolve(next);
    },
  };
};
