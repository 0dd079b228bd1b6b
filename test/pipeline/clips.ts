// Clips made by ffmpeg's own sources.
import { execFileSync } from 'node:child_process';
import { findFfmpeg } from '../../media/ffmpeg.ts';

/** `count` frames of a lavfi source at 128x96, 8 frames a second. */
export const makeClip = async (file: string, source: string, count: number): Promise<string> => {
  const { ffmpeg } = await findFfmpeg({ env: process.env });
  const size = source.includes('=') ? `${source}:size=128x96:rate=8` : `${source}=size=128x96:rate=8`;
  execFileSync(ffmpeg.path, ['-v', 'error', '-y', '-f', 'lavfi', '-i', size, '-frames:v', String(count), '-pix_fmt', 'yuv420p', file]);
  return file;
};
