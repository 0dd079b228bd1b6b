import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Neither the user's settings nor their cache, and everything that tests make in one place (test/support/home.ts removes it).
const home = process.env.TEST_HOME ?? mkdtempSync(join(tmpdir(), 'rerender-tests-'));
process.env.TEST_HOME = home;

export default defineConfig({
  test: {
    globalSetup: ['scripts/kernels.mjs', 'test/support/home.ts'],
    include: ['test/**/*.test.ts'],
    // Two cores: real ffmpeg and onnxruntime runs share them, so files run two at a time with room to finish.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    env: { NO_COLOR: '1', TZ: 'UTC', XDG_CACHE_HOME: join(home, 'cache'), XDG_CONFIG_HOME: join(home, 'config') },
  },
});
