import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['scripts/kernels.mjs'],
    include: ['test/**/*.test.ts'],
    // Two cores: real ffmpeg and onnxruntime runs share them, so files run two at a time with room to finish.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    env: { NO_COLOR: '1', TZ: 'UTC' },
  },
});
