import { rmSync, readdirSync } from 'node:fs';
import { decodeFrames } from './media/decode.ts';
import { openEncoder } from './media/encode.ts';
import { encodePlan } from './media/encode-plan.ts';
import { proveEncodePlan } from './media/encode-trial.ts';
import { findFfmpeg } from './media/ffmpeg.ts';
import { probe } from './media/probe.ts';
import { lastFrameDuration } from './media/last-frame.ts';
const old = process.argv[2] === 'old';
const t = await findFfmpeg({ env: old ? {} : process.env });
const files = process.argv.slice(3);
let ok = 0;
for (const f of files) for (const e of ['mp4','mkv','webm','mov','avi','gif']) {
  const out = `/tmp/zoo-out.${e}`; rmSync(out, { force: true });
  try {
    const info = await probe('/tmp/zoo/' + f, t);
    const size = { width: 64, height: 48 };
    const frames = []; for await (const x of decodeFrames(info, { ffmpeg: t, ...size })) frames.push(x);
    const times = frames.map(x => x.time);
    const base = { ffmpeg: t, source: info, ...size, crf: 20, audio: true, overwrite: false, warn: () => {} } as any;
    const plan = await proveEncodePlan(out, encodePlan(out, base), base);
    const lastFrame = await lastFrameDuration(info, t, times.at(-1)!);
    const enc = await openEncoder(out, { ...base, times, lastFrame, plan });
    for (const x of frames) await enc.write(x);
    await enc.finish();
    const back = await probe(out, t); const t2: number[] = [];
    for await (const x of decodeFrames(back, { ffmpeg: t, ...size })) t2.push(x.time);
    const d = t2.length === times.length ? Math.max(...times.map((x, i) => Math.abs((x - times[0]!) - (t2[i]! - t2[0]!)))) : -1;
    if (t2.length !== times.length || d > (e === 'gif' ? 0.006 : e === 'avi' ? 0.05 : 0.0011)) console.log(f, e, 'frames', times.length, t2.length, 'dt', d.toFixed(4)); else ok++;
  } catch (err) { console.log(f, e, 'ERROR', (err as Error).message.slice(0, 200)); }
}
console.log('ok', ok);
