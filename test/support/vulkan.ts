// A Vulkan driver that needs no GPU: SwiftShader, which Debian's Chromium brings along.
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll } from 'vitest';

const findDriver = (): string | undefined => {
  const { stdout } = spawnSync('dpkg', ['-L', 'chromium-common'], { encoding: 'utf8' });
  return stdout?.split('\n').find(line => line.endsWith('vk_swiftshader_icd.json'));
};

/** Its manifest; tests that need one are skipped without. */
export const softwareDriver: string | undefined = findDriver();
if (!softwareDriver) console.log('skipped: WebGPU needs a Vulkan driver; install Debian\'s "chromium" for its software driver');

/** Names the driver to the Vulkan loader for the tests of a block. */
export const useSoftwareDriver = (): void => {
  const before = process.env.VK_ICD_FILENAMES;
  beforeAll(() => {
    process.env.VK_ICD_FILENAMES = softwareDriver;
  });
  afterAll(() => {
    if (before === undefined) delete process.env.VK_ICD_FILENAMES;
    else process.env.VK_ICD_FILENAMES = before;
  });
};
