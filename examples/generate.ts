// Makes examples/lakeside.mp4: npx tsx examples/generate.ts [OUTPUT]; ffmpeg is FFMPEG_PATH, the packaged one, or that on the PATH.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FRAMES, RATE, renderFrame } from './scene/lakeside.ts';
import { renderSound, SAMPLE_RATE } from './scene/sound.ts';

const findFfmpeg = (): string => {
  if (process.env.FFMPEG_PATH) return process.env.FFMPEG_PATH;
  try {
    return (createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg') as { path: string }).path;
  } catch {
    return 'ffmpeg';
  }
};

const output = process.argv[2] ?? fileURLToPath(new URL('lakeside.mp4', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'lakeside-'));
try {
  const sound = join(folder, 'sound.pcm');
  await writeFile(sound, new Uint8Array(renderSound(FRAMES / RATE).buffer));
  const { width, height } = renderFrame(0);
  const ffmpeg = spawn(
    findFfmpeg(),
    [
      ['-v', 'error', '-y'],
      ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', `${RATE}`, '-i', 'pipe:0'],
      ['-f', 's16le', '-ar', `${SAMPLE_RATE}`, '-ac', '2', '-i', sound],
      ['-vf', 'scale=out_color_matrix=bt709:out_range=tv', '-c:v', 'libx264', '-preset', 'veryslow', '-crf', '27', '-pix_fmt', 'yuv420p'],
      ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'],
      ['-c:a', 'aac', '-b:a', '96k', '-map_metadata', '-1', '-fflags', '+bitexact', '-flags:v', '+bitexact', '-flags:a', '+bitexact'],
      ['-threads', '1', '-movflags', '+faststart', output],
    ].flat(),
    { stdio: ['pipe', 'inherit', 'inherit'] },
  );
  const closed = once(ffmpeg, 'close');
  for (let frame = 0; frame < FRAMES; frame++) {
    if (!ffmpeg.stdin.write(renderFrame(frame).data)) await once(ffmpeg.stdin, 'drain');
  }
  ffmpeg.stdin.end();
  const [code] = await closed;
  if (code !== 0) throw new Error(`ffmpeg ended with code ${code}`);
} finally {
  await rm(folder, { recursive: true });
}
