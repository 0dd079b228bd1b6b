// The library does what the command does.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPicture } from '../../media/picture.ts';
import { type Event, keyframes, type Request, RerenderError, rerender } from '../../pipeline/index.ts';
import { rerenderCommand } from '../support/cli.ts';
import { exampleClip } from '../support/example.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const small: Request = {
  input: exampleClip(),
  style: 'an oil painting',
  size: 64,
  steps: 2,
  strength: 1,
  interval: 3,
  frames: [4, 9],
  cache: false,
  metadata: false,
};

describe('rerender', () => {
  test('writes the same bytes as the command, and tells the same events', async () => {
    const events: Event[] = [];
    const output = join(folder, 'library.mp4');
    const result = await rerender({ ...small, output, onEvent: event => events.push(event) });
    expect(result).toMatchObject({ output, frames: 6, keyframes: 3, shots: 1, seed: 42 });
    const flags = '--size 64 --steps 2 --strength 1 --interval 3 --frames 4-9 --no-cache --no-metadata'.split(' ');
    const ran = await rerenderCommand([small.input, '--style', 'an oil painting', '-o', join(folder, 'command.mp4'), '--json', ...flags]);
    expect(ran.code).toBe(0);
    expect(readFileSync(output).equals(readFileSync(join(folder, 'command.mp4')))).toBe(true);
    const told = ran.stdout
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as Event).type);
    const count = (types: readonly string[], type: string) => types.filter(t => t === type).length;
    for (const type of ['plan', 'stage', 'preview', 'result'])
      expect(
        count(
          events.map(e => e.type),
          type,
        ),
      ).toBe(count(told, type));
  });

  test('an aborted run rejects with the reason and leaves nothing', async () => {
    const reason = new Error('changed my mind');
    const controller = new AbortController();
    const output = join(folder, 'aborted.mp4');
    const run = rerender({
      ...small,
      output,
      signal: controller.signal,
      onEvent: event => event.type === 'preview' && controller.abort(reason),
    });
    await expect(run).rejects.toBe(reason);
    expect(readdirSync(folder).filter(name => name.includes('aborted'))).toEqual([]);
  });

  test('shows every denoising step and every key frame to who asks', { timeout: 60_000 }, async () => {
    const steps: Promise<{ frame: number; step: number; width: number; height: number; data: Uint8Array }>[] = [];
    const drawn: Promise<{ frame: number; width: number; data: Uint8Array }>[] = [];
    const previews = join(folder, 'shown');
    await keyframes({
      ...small,
      metadata: undefined,
      steps: 4,
      output: previews,
      onEvent: event => {
        if (event.type === 'denoising') steps.push(event.picture().then(picture => ({ ...picture, frame: event.frame, step: event.step })));
        if (event.type === 'preview') drawn.push(event.picture().then(picture => ({ ...picture, frame: event.frame })));
      },
    });
    const pictures = await Promise.all(steps);
    expect(pictures.map(({ frame, step }) => `${frame} ${step}`)).toEqual(
      [0, 3, 5].flatMap(frame => [1, 2, 3, 4].map(i => `${frame} ${i}`)),
    );
    expect(pictures.every(({ width, height, data }) => width === 112 / 8 && height === 64 / 8 && data.length === 3 * width * height)).toBe(
      true,
    );
    expect(Buffer.from(pictures[0]!.data).equals(Buffer.from(pictures[3]!.data))).toBe(false);
    for (const { frame, width, data } of await Promise.all(drawn)) {
      expect(width).toBe(112);
      const written = await readPicture(join(previews, `keyframe-${String(frame).padStart(6, '0')}.png`));
      expect(Buffer.from(data).equals(Buffer.from(written.data))).toBe(true);
    }
  });

  test('refuses with a code and an exit code', async () => {
    const refused = await rerender({ ...small, strength: 7 }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RerenderError);
    expect(refused).toMatchObject({ code: 'USAGE', exitCode: 2, message: 'options: strength must be a number from 0 to 1; got 7.' });
    const missing = await rerender({ ...small, input: join(folder, 'none.mp4') }).catch((error: unknown) => error);
    expect(missing).toMatchObject({ exitCode: 4 });
  });

  test('stops after a stage, without an output', async () => {
    const output = join(folder, 'stopped.mp4');
    const previews = join(folder, 'previews');
    const result = await rerender({ ...small, output, previews, stopAfter: 'keyframes' });
    expect(result.output).toBeUndefined();
    expect(existsSync(output)).toBe(false);
    expect(readdirSync(previews)).toEqual(['contact-sheet.png', 'keyframe-000000.png', 'keyframe-000003.png', 'keyframe-000005.png']);
  });
});

test('keyframes draws the same pictures as the main job', async () => {
  const main = join(folder, 'from-main');
  const alone = join(folder, 'alone');
  await rerender({ ...small, output: join(folder, 'with-previews.mp4'), previews: main });
  const { metadata: _, ...drawing } = small; // pictures carry none
  await keyframes({ ...drawing, output: alone });
  for (const name of readdirSync(alone)) expect(readFileSync(join(alone, name)).equals(readFileSync(join(main, name)))).toBe(true);
});
