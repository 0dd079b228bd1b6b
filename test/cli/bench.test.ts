// `rerender bench`: runs on a model of one's own and tells what it measured.
import { expect, it } from 'vitest';
import { embeddedModel } from '../../config/paths.ts';
import { rerenderCommand } from '../support/cli.ts';

it('bench model measures a model folder', async () => {
  const { code, stdout } = await rerenderCommand(['bench', 'model', embeddedModel, '--size', '64', '--device', 'cpu', '--json']);
  expect(code).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ width: 64, height: 64, device: 'cpu' });
  expect(report.parts.map((part: { name: string }) => part.name)).toContain('unet2d');
  expect(report.secondsPerStep).toBeGreaterThanOrEqual(0);
  expect(report.memory).toBeGreaterThan(5e7);
});

it('bench model refuses a size that networks cannot draw', async () => {
  const { code, stderr } = await rerenderCommand(['bench', 'model', embeddedModel, '--size', '100']);
  expect(code).toBe(2);
  expect(stderr).toContain('multiple of 64');
});

it('bench propagation compares the tiers and times the parts of a frame', async () => {
  const { code, stdout } = await rerenderCommand([
    'bench',
    'propagation',
    '--size',
    '64',
    '--interval',
    '4',
    '--intervals',
    '1',
    '--jobs',
    '1',
    '--json',
  ]);
  expect(code).toBe(0);
  const report = JSON.parse(stdout) as { frames: number; between: { tier: string; psnr: number }[]; parts: [string, number][] };
  expect(report.frames).toBe(5);
  expect(report.between.map(({ tier }) => tier)).toEqual(['patch', 'warp', 'faithful']);
  for (const { psnr } of report.between) expect(psnr).toBeGreaterThan(15);
  expect(report.parts.map(([part]) => part).sort()).toEqual(['Poisson', 'blend', 'motion', 'synthesis', 'warp']);
  for (const [, seconds] of report.parts) expect(seconds).toBeGreaterThan(0);
});
