// Faults that are really caused: an ffmpeg that dies, a disk that is full, a process that is killed.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { findFfmpeg } from '../../media/ffmpeg.ts';

export const tools = await findFfmpeg({ env: process.env });

/**
 * An ffmpeg that behaves as a shell script says when it decodes to NUT (`decoding`) or encodes from it (`encoding`), and as ever otherwise.
 * In the script `"$@"` are the arguments and `$real` is the true program.
 */
export const brokenFfmpeg = (folder: string, when: 'decoding' | 'encoding', script: string): string => {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'ffmpeg');
  const pattern = when === 'decoding' ? '*" -f nut "*"pipe:1 "*' : '*" -f nut -i pipe:0 "*';
  const body = `#!/bin/bash\nreal=${tools.ffmpeg.path}\ncase " $* " in\n  ${pattern}) ${script} ;;\n  *) exec "$real" "$@" ;;\nesac\n`;
  writeFileSync(path, body);
  chmodSync(path, 0o755);
  return path;
};

const isRoot = process.getuid?.() === 0;

/** Whether this machine lets the tests mount a file system of their own. */
export const canMount = isRoot && process.platform === 'linux' && existsSync('/proc/mounts');

/** A file system in memory of so many bytes, unmounted at the end. */
export const smallDisk = (folder: string, bytes: number): string => {
  mkdirSync(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]);
  afterAll(() => execFileSync('umount', ['-l', folder]));
  return folder;
};

/** A clip of moving bars with a tone, 160x96, 10 frames a second, a key frame every second one. */
export const soundClip = (file: string, frames = 20, options: readonly string[] = ['-c:v', 'libx264', '-g', '2']): string => {
  const seconds = String(frames / 10);
  const inputs = [
    '-f',
    'lavfi',
    '-i',
    `testsrc2=size=160x96:rate=10:duration=${seconds}`,
    '-f',
    'lavfi',
    '-i',
    `sine=440:duration=${seconds}`,
  ];
  execFileSync(tools.ffmpeg.path, ['-v', 'error', '-y', ...inputs, ...options, '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest', file]);
  return file;
};

/** Frames of a file, counted by decoding. */
export const countFrames = (file: string): number =>
  Number(
    execFileSync(
      tools.ffprobe.path,
      ['-v', 'error', '-count_frames', '-select_streams', 'v:0', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', file],
      { encoding: 'utf8' },
    ).split(/\s/)[0],
  );
