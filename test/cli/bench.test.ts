// `rerender bench`: runs on a model of one's own and tells what it measured.
import { expect, it } from 'vitest';
import { embeddedModel } from '../../config/paths.ts';
import { rerenderCommand } from '../support/cli.ts';
import { writeClipModel } from '../support/clip-model.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();

it('bench model measures a model folder', async () => {
  const { code, stdout } = await rerenderCommand(['bench', 'model', embeddedModel, '--size', '64', '--device', 'cpu', '--json']);
  expect(code).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ width: 64, height: 64, device: 'cpu' });
  expect(report.parts.map((part: { name: string }) => part.name)).toContain('unet2d');
  expect(report.secondsPerStep).toBeGreaterThanOrEqual(0);
  expect(report.memory).toBeGreaterThan(5e7);
});

it('bench model measures the frames of a video model together', async () => {
  writeClipModel(folder);
  const { code, stdout } = await rerenderCommand(['bench', 'model', folder, '--size', '64', '--device', 'cpu']);
  expect(code).toBe(0);
  expect(stdout).toContain('unet3d');
  expect(stdout).toMatch(/16 frames of 64x64: .* a step \(guidance pair\), .* to encode and decode one, /);
});

it('bench model refuses what a video model does not read', async () => {
  writeClipModel(folder);
  for (const model of [[folder], ['--shape', 'modelscope']]) {
    const { code, stderr } = await rerenderCommand(['bench', 'model', ...model, '--precision', 'fast']);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/--precision belongs to .*image models.*; video models .* have no use for it/),
    ]);
    expect(stderr).not.toContain('writing');
  }
});

it('bench model refuses a size that networks cannot draw', async () => {
  const { code, stderr } = await rerenderCommand(['bench', 'model', embeddedModel, '--size', '100']);
  expect(code).toBe(2);
  expect(stderr).toContain('multiple of 64');
});

it('bench propagation measures what a frame between key frames costs, and how steady it is', async () => {
  const flags = ['--size', '64', '--interval', '4', '--intervals', '2', '--propagate', 'warp', '--jobs', '1', '--json'];
  const { code, stdout } = await rerenderCommand(['bench', 'propagation', ...flags]);
  expect(code).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ frames: 9, width: 112, height: 64, tier: 'warp', jobs: 1 });
  expect(report.seconds.wall).toBeGreaterThan(0);
  expect(report.seconds.cpu).toBeGreaterThan(0);
  expect(report.warpError.source).toBeGreaterThan(0);
  // Frames carried along the motion are about as steady as the clip.
  expect(report.warpError.output).toBeLessThan(2 * report.warpError.source);
});

it('bench propagation refuses a tier that is not there', async () => {
  const { code, stderr } = await rerenderCommand(['bench', 'propagation', '--propagate', 'magic', '--size', '64']);
  expect(code).toBe(2);
  expect(stderr).toContain('propagate');
});
