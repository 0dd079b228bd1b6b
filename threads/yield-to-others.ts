// A thread that others go before.
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

const NICE = 5; // a third of a processor's time beside a thread that is not

/** Gives this thread less of the processors than others want at the same moment. Linux alone has that for a thread; elsewhere nothing. */
export const yieldToOthers = (): void => {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').pop()), NICE);
  } catch {} // without /proc it stays as it is
};
