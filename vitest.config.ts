import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';

// Neither the user's settings nor their cache, and everything that tests make in one place (test/support/home.ts removes it).
const home = process.env.TEST_HOME ?? mkdtempSync(join(tmpdir(), 'rerender-tests-'));
process.env.TEST_HOME = home;

/** Faults that are really caused, several machines, whole tables of cases, models in every layout: minutes of them. */
export const SLOW = 'test/**/*.slow.test.ts';

export const shared = {
  globalSetup: ['scripts/kernels.mjs', 'test/support/home.ts'],
  // Two cores: real ffmpeg and onnxruntime runs share them, so files run two at a time with room to finish.
  maxWorkers: 2,
  testTimeout: 120_000,
  hookTimeout: 120_000,
  env: { NO_COLOR: '1', TZ: 'UTC', XDG_CACHE_HOME: join(home, 'cache'), XDG_CONFIG_HOME: join(home, 'config') },
};

export default defineConfig({ test: { ...shared, include: ['test/**/*.test.ts'], exclude: [...configDefaults.exclude, SLOW] } });
