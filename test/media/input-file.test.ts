// Streams, devices and addresses as inputs: refused by name, without waiting for anybody.
import { execFileSync, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkInputFile } from '../../media/input-file.ts';
import { readPicture } from '../../media/picture.ts';
import { openControlPictures } from '../../pipeline/session/control-pictures.ts';
import { optionsOf } from '../../pipeline/session/request.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { ffmpeg } from './support.ts';

const folder = temporaryFolder();
const fifo = join(folder, 'pipe.mp4');
const windows = process.platform === 'win32';
if (!windows) execFileSync('mkfifo', [fifo]);

it.skipIf(windows)('refuses a named pipe wherever a file is read', async () => {
  const words = { exitCode: 4, code: 'MEDIA_STREAM', message: expect.stringMatching(/pipe\.mp4 is a named pipe.*save it to a file first/) };
  await expect(checkInputFile(fifo)).rejects.toMatchObject(words);
  await expect(readPicture(fifo)).rejects.toMatchObject(words);
  const options = await optionsOf({ input: 'x' });
  await expect(openControlPictures(fifo, options, AbortSignal.timeout(60_000))).rejects.toMatchObject(words);
});

it.skipIf(windows)('refuses devices and sockets', async () => {
  for (const device of ['/dev/null', '/dev/zero']) {
    await expect(checkInputFile(device)).rejects.toMatchObject({ code: 'MEDIA_STREAM', message: expect.stringMatching(/is a device/) });
  }
  const socket = join(folder, 'socket');
  const server = createServer();
  await new Promise<void>(resolve => server.listen(socket, resolve));
  await expect(checkInputFile(socket)).rejects.toMatchObject({ code: 'MEDIA_STREAM', message: expect.stringMatching(/is a socket/) });
  server.close();
});

it('refuses streams and addresses with what to do', async () => {
  for (const name of ['-', 'pipe:0', 'pipe:', 'fd:3', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']) {
    await expect(checkInputFile(name), name).rejects.toMatchObject({
      code: 'MEDIA_STREAM',
      message: expect.stringMatching(/save it to a file/),
    });
  }
  for (const [name, words] of [
    ['http://host.example/a/clip.mkv?x=1', /curl -L -o clip\.mkv http/],
    ['https://host.example/watch', /curl -L -o clip\.mp4 /],
    ['rtsp://host.example/live', /ffmpeg -i rtsp:.* -c copy clip\.mkv/],
    ['s3://bucket/a.mov', /aws s3 cp s3:\/\/bucket\/a\.mov a\.mov/],
    ['file:///tmp/x.mp4', /name the file by its path/],
    ['concat:a.ts|b.ts', /name the file by its path/],
  ] as const) {
    await expect(checkInputFile(name)).rejects.toMatchObject({ exitCode: 4, code: 'MEDIA_ADDRESS', message: expect.stringMatching(words) });
  }
});

it('reads files whose names look like addresses', async () => {
  ffmpeg('-f lavfi -i color=s=64x64 -frames:v 1 -f mp4 file:{}/http:x.mp4', folder);
  await expect(checkInputFile(join(folder, 'http:x.mp4'))).resolves.toBeGreaterThan(100);
});

it.skipIf(windows)('ends at once from the command line', () => {
  const cli = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');
  for (const words of [
    [fifo, '--style', 'x'],
    ['-', '--style', 'x', '-o', join(folder, 'o.mp4')],
    ['metrics', fifo, fifo],
    ['generate', '-p', 'x', '--init', fifo, '-o', join(folder, 'o.png')],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', cli, ...words], { encoding: 'utf8', timeout: 60_000 });
    expect(status, stderr).toBe(4);
    expect(stderr).toMatch(/save it to a file/);
  }
});
