// Which results a command has finished: given again after an interruption, it goes on with the others.
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ClipSession } from '../../session.ts';

/** What a finished file is known by. */
const stampOf = async (file: string): Promise<string | undefined> => {
  const info = await stat(file).catch(() => undefined);
  return info && `${info.size} ${info.mtimeMs}`;
};

/** The same for the same clip, model, options and place. */
const keyOf = async ({ options, source, model }: ClipSession, output: string): Promise<string> => {
  const drawing = Object.entries(options).filter(([name]) => name !== 'overwrite' && name !== 'output');
  const opened = await model();
  const facts = [
    drawing.sort(([a], [b]) => (a < b ? -1 : 1)),
    resolve(output),
    source.identity,
    source.size,
    opened.model.info.digest,
    opened.device,
  ];
  return `result-${createHash('sha1').update(JSON.stringify(facts)).digest('hex')}`;
};

/** Notes in the store that the result is whole. */
export const noteFinished = async (session: ClipSession, output: string): Promise<void> => {
  const stamp = await stampOf(output);
  if (stamp !== undefined) await session.workshop.store.put(await keyOf(session, output), Buffer.from(stamp));
};

/** Whether the file is what an earlier run of the same command has finished, and nobody has touched it since. */
export const isFinished = async (session: ClipSession, output: string): Promise<boolean> => {
  const stamp = await stampOf(output);
  if (stamp === undefined) return false;
  const noted = await session.workshop.store.get(await keyOf(session, output));
  return noted !== undefined && Buffer.from(noted).toString() === stamp;
};
