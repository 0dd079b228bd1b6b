import { afterAll, describe, expect, test } from 'vitest';
import { openCV, withMats } from '../../stages/vision/opencv.ts';
import { canny, grayscale, lab8ToRgb, rgbToLab8, shrink, shrinkPicture } from '../../stages/vision/operators.ts';
import { openVision } from '../../stages/vision/vision.ts';
import { endPointError, flat, texture } from './clip.ts';

const NEIGHBOURS = { pyrScale: 0.5, levels: 3, window: 15, iterations: 3, polyN: 5, polySigma: 1.2 };

describe('operators', () => {
  test.each([
    [[255, 255, 255], 255],
    [[255, 0, 0], 76],
    [[0, 255, 0], 150],
    [[0, 0, 255], 29],
  ] as const)('grayscale of %j is %i (BT.601 luma)', (colour, luma) => {
    expect([...grayscale(flat(3, 2, colour)).data]).toEqual(Array(6).fill(luma));
  });

  test('canny draws the outline of a square, one pixel thin, and nothing on a flat picture', () => {
    const square = flat(40, 40, [10, 10, 10]);
    for (let y = 10; y < 30; y++) square.data.fill(240, 3 * (40 * y + 10), 3 * (40 * y + 30));
    const edges = canny(square, 100, 200).data;
    expect(new Set(edges)).toEqual(new Set([0, 255]));
    const row = edges.subarray(20 * 40, 21 * 40);
    expect(row.filter(value => value === 255)).toHaveLength(2);
    expect(canny(flat(40, 40, [10, 200, 10]), 100, 200).data.every(value => value === 0)).toBe(true);
  });

  test.each([
    [
      [0, 0, 0],
      [0, 128, 128],
    ],
    [
      [255, 255, 255],
      [255, 128, 128],
    ],
    [
      [255, 0, 0],
      [136, 208, 195],
    ],
  ] as const)('LAB of %j is %j on the 8-bit scale', (colour, lab) => {
    expect([...rgbToLab8(flat(1, 1, colour)).data]).toEqual(lab);
  });

  test('LAB and back is within 4 levels on ordinary colours', () => {
    const picture = texture(32, 24);
    const back = lab8ToRgb(rgbToLab8(picture));
    expect(Math.max(...back.data.map((value, p) => Math.abs(value - picture.data[p]!)))).toBeLessThanOrEqual(4);
  });

  test.each([
    [2, 1],
    [4, 1],
    [2, 3],
    [4, 3],
  ] as const)("halves of %i by %i channels are OpenCV's to the bit, and so is luma", (factor, channels) => {
    const picture = texture(48, 24);
    const from = channels === 3 ? picture : grayscale(picture);
    const [width, height] = [48 / factor, 24 / factor];
    const [luma, small] = withMats((cv, own) => {
      const whole = own(new cv.Mat(24, 48, channels === 3 ? cv.CV_8UC3 : cv.CV_8UC1));
      whole.data.set(from.data);
      const [gray, less] = [own(new cv.Mat()), own(new cv.Mat())];
      if (channels === 3) cv.cvtColor(whole, gray, cv.COLOR_RGB2GRAY);
      cv.resize(whole, less, new cv.Size(width, height), 0, 0, cv.INTER_AREA);
      return [channels === 3 ? gray.data.slice() : grayscale(picture).data, less.data.slice()];
    });
    expect(grayscale(picture).data).toEqual(luma);
    expect((channels === 3 ? shrinkPicture(picture, width, height) : shrink(grayscale(picture), width, height)).data).toEqual(small);
  });

  test('shrink takes the mean of the area', () => {
    expect([...shrink({ width: 4, height: 2, data: Uint8Array.of(0, 10, 20, 30, 40, 50, 60, 70) }, 2, 1).data]).toEqual([25, 45]);
  });
});

describe('opencv', () => {
  test('leaves no handlers of fatal errors behind', () => {
    openCV();
    const foreign = [...process.listeners('uncaughtException'), ...process.listeners('unhandledRejection')].map(String);
    expect(foreign.filter(text => text.includes('ExitStatus') || text.includes('abort'))).toEqual([]);
  });

  test('frees every matrix, also when the operation throws', () => {
    const freed: boolean[] = [];
    const run = () =>
      withMats((cv, own) => {
        const mat = own(new cv.Mat(2, 2, cv.CV_8UC1));
        const free = mat.delete.bind(mat);
        mat.delete = () => {
          freed.push(true);
          free();
        };
        throw new Error('on purpose');
      });
    expect(run).toThrow('on purpose');
    expect(freed).toEqual([true]);
  });

  test('says what OpenCV refused', () => {
    const refused = () => withMats((cv, own) => cv.cvtColor(own(new cv.Mat(2, 2, cv.CV_8UC1)), own(new cv.Mat()), cv.COLOR_RGB2GRAY));
    expect(refused).toThrow(/^OpenCV refused: .*Invalid number of channels/s);
  });
});

describe('vision pool', () => {
  const vision = openVision({ workers: 2 });
  afterAll(() => vision.close());

  test('gives what the operators give, several at once', async () => {
    const picture = texture(64, 48);
    const [gray, edges, lab] = await Promise.all([vision.grayscale(picture), vision.canny(picture, 50, 100), vision.rgbToLab8(picture)]);
    expect(gray).toEqual(grayscale(picture));
    expect(edges).toEqual(canny(picture, 50, 100));
    expect(await vision.lab8ToRgb(lab)).toEqual(lab8ToRgb(rgbToLab8(picture)));
    expect(picture.data.length).toBe(64 * 48 * 3); // not taken away from the caller
  });

  test('farneback finds a translation to a fifth of a pixel', async () => {
    const [a, b] = await Promise.all([vision.grayscale(texture(160, 120)), vision.grayscale(texture(160, 120, 2.6, -1.4))]);
    const flow = await vision.farneback(a, b, NEIGHBOURS);
    expect(endPointError(flow, 160, 120, [2.6, -1.4], 12)).toBeLessThan(0.2);
  });

  test('refuses a signal that is already aborted', async () => {
    const reason = new Error('enough');
    await expect(vision.grayscale(texture(8, 8), AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
