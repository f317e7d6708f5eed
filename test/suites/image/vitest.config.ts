import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: `${import.meta.dirname}/../../..`,
    include: ['test/suites/image/*.test.ts'],
    // On a busy machine the build takes minutes.
    hookTimeout: 60 * 60_000,
    testTimeout: 120_000,
  },
});
