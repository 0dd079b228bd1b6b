// stdout and stderr whose reader leaves, or whose device is full. Neither ends a run.

/** A reader that left: `| head -1`, a closed terminal. What it would have read is dropped. */
const READER_LEFT: readonly unknown[] = ['EPIPE', 'EIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED'];

export type OutputStreams = {
  /** Waits until what was written has gone to its readers, or they have left. Why stdout took less than it was given, if it did. */
  flush(): Promise<NodeJS.ErrnoException | undefined>;
};

/** Watches both streams from here on. An error of stderr has nobody to be told to. */
export const watchStreams = (): OutputStreams => {
  let lost: NodeJS.ErrnoException | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!READER_LEFT.includes(error.code)) lost ??= error;
  });
  process.stderr.on('error', () => undefined);
  const drained = (stream: NodeJS.WriteStream): Promise<void> =>
    new Promise(resolve => {
      if (stream.destroyed || stream.writableLength === 0) return resolve();
      stream.write('', () => resolve()); // called for an error, too
    });
  return {
    async flush() {
      await Promise.all([drained(process.stdout), drained(process.stderr)]);
      await new Promise(resolve => setImmediate(resolve)); // the error of the last write is told after it
      return lost;
    },
  };
};
