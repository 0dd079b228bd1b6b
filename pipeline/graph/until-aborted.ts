// Waiting that an abort ends.

/** What the promise comes to, or the signal's reason where that comes first; whoever works for the promise goes on. */
export const untilAborted = async <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> => {
  let leave = (): void => undefined;
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([promise, left]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
};
