import { defineConfig } from 'vitest/config';
import { SLOW, shared } from './vitest.config.ts';

export default defineConfig({ test: { ...shared, include: [SLOW], testTimeout: 300_000 } });
