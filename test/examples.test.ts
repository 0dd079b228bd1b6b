import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { FRAMES, RATE, renderFrame, trueFlow } from '../examples/scene/lakeside.ts';
import { renderSound, SAMPLE_RATE } from '../examples/scene/sound.ts';
import type { Picture } from '../media/frame.ts';
import { estimatePair, type FlowPair } from '../stages/flow/estimate.ts';
import { flowGrid, resizeFlow } from '../stages/flow/grid.ts';
import { lattice } from '../stages/propagate/grid-map.ts';
import { warpTier } from '../stages/propagate/warp-tier.ts';
import { psnr, stylise } from './stages/clip.ts';
import { pack, warp } from './stages/plain/warp.ts';

const size = { width: 320, height: 180 };

describe('the example clip', { timeout: 180_000 }, () => {
  test('lies beside its generator, a few hundred kB', () => {
    const file = fileURLToPath(new URL('../examples/lakeside.mp4', import.meta.url));
    expect(existsSync(file)).toBe(true);
    expect(statSync(file).size).toBeGreaterThan(100_000);
    expect(statSync(file).size).toBeLessThan(600_000);
  });

  test('its frames depend on the time alone', () => {
    expect(renderFrame(17, size)).toEqual(renderFrame(17, size));
    expect(psnr(renderFrame(17, size), renderFrame(18, size))).toBeLessThan(40);
  });

  test('standing still, nothing moves and nothing is hidden', () => {
    const { flow, occluded } = trueFlow(30, 30, size);
    expect(Math.max(...flow.map(Math.abs))).toBeLessThan(1e-3);
    expect(occluded.every(value => value === 0)).toBe(true);
  });

  test.each([
    [10, 12],
    [60, 55],
  ])('the true motion from frame %i to %i finds every visible pixel again', (from, to) => {
    const { flow, occluded } = trueFlow(from, to, size);
    const [here, there] = [renderFrame(from, size), renderFrame(to, size)];
    const found = new Uint8ClampedArray(here.data.length);
    warp(pack(there), resizeFlow(flow, size, size), lattice(size.width, size.height, size), found);
    const picture = { ...size, data: new Uint8Array(found.buffer) };
    const seen = (pixel: number) => occluded[pixel] === 0;
    expect(psnr(picture, here, 2, seen)).toBeGreaterThan(psnr(there, here, 2, seen) + 6);
    const hidden = occluded.reduce((a, b) => a + b, 0) / occluded.length;
    expect(hidden).toBeGreaterThan(0.003);
    expect(hidden).toBeLessThan(0.2);
  });

  test('the way there and back ends where it began', () => {
    const there = trueFlow(40, 44, size);
    const back = trueFlow(44, 40, size);
    let [sum, count] = [0, 0];
    for (let y = 0; y < size.height; y++) {
      for (let x = 0; x < size.width; x++) {
        const p = y * size.width + x;
        if (there.occluded[p]) continue;
        const q = Math.round(y + there.flow[2 * p + 1]!) * size.width + Math.round(x + there.flow[2 * p]!);
        if (!(q >= 0 && q < back.occluded.length) || back.occluded[q]) continue;
        sum += Math.hypot(there.flow[2 * p]! + back.flow[2 * q]!, there.flow[2 * p + 1]! + back.flow[2 * q + 1]!);
        count++;
      }
    }
    expect(count).toBeGreaterThan(0.7 * there.occluded.length);
    expect(sum / count).toBeLessThan(0.15);
  });

  test('its sound is as long as the picture, not silent, not clipped', () => {
    const sound = renderSound(FRAMES / RATE);
    expect(sound.length).toBe(2 * Math.round((FRAMES / RATE) * SAMPLE_RATE));
    const loudest = sound.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    expect(loudest).toBeGreaterThan(3000);
    expect(loudest).toBeLessThan(32767);
  });
});

describe('the stages on the example, whose motion is known', { timeout: 180_000 }, () => {
  const whole = { width: 640, height: 360 };
  const grid = flowGrid(whole.width, whole.height);
  let frames: Picture[];
  beforeAll(() => {
    frames = Array.from({ length: 7 }, (_, n) => renderFrame(60 + n, whole));
  }, 180_000);

  test('flow between neighbours is within 0.25 pixel on average', () => {
    const pair = estimatePair(frames[0]!, frames[1]!, 'coarse');
    const flow = resizeFlow(pair.forward, pair, whole);
    const truth = trueFlow(60, 61, whole);
    let [error, seen] = [0, 0];
    for (let p = 0; p < truth.occluded.length; p++) {
      if (truth.occluded[p]) continue;
      error += Math.hypot(flow[2 * p]! - truth.flow[2 * p]!, flow[2 * p + 1]! - truth.flow[2 * p + 1]!);
      seen++;
    }
    console.log(`example, frames 60 to 61: mean end-point error ${(error / seen).toFixed(3)} px`);
    expect(error / seen).toBeLessThan(0.25);
    expect(pair.hiddenInSecond.some(value => value === 1)).toBe(true);
  });

  const exact = (from: number): FlowPair => {
    const [there, back] = [trueFlow(from, from + 1, whole), trueFlow(from + 1, from, whole)];
    const unused = new Uint8Array(grid.width * grid.height);
    return {
      ...grid,
      forward: resizeFlow(there.flow, whole, grid),
      backward: resizeFlow(back.flow, whole, grid),
      hiddenInFirst: unused,
      hiddenInSecond: unused,
    };
  };

  test.each(['true', 'estimated'] as const)('%s motion carries a style to the frames between two keys', kind => {
    const flows = frames.slice(1).map((frame, i) => (kind === 'true' ? exact(60 + i) : estimatePair(frames[i]!, frame, 'coarse')));
    const styled = frames.map(stylise);
    const result = warpTier.whole({ frames, flows, first: styled[0]!, last: styled.at(-1)! }, () => undefined);
    const quality = result.map((data, i) => psnr({ ...whole, data }, styled[i + 1]!));
    const repeated = psnr(styled[0]!, styled[3]!);
    console.log(`example, ${kind} motion: ${quality.map(q => q.toFixed(1)).join(' ')} dB; repeating the key: ${repeated.toFixed(1)} dB`);
    expect(Math.min(...quality)).toBeGreaterThan(28);
    expect(Math.min(...quality)).toBeGreaterThan(repeated + 8);
  });
});
