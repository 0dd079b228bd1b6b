// Whether there is something at a path.
import { access } from 'node:fs/promises';

/** Links are followed: one that leads nowhere is nothing. */
export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
