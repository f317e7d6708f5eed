import { expect, test } from 'vitest';
import { goodReboot, runCrashLab } from './crash-report.ts';

test(
  'agents are killed at random moments, upgraded and started on an empty kernel: no packet lost, none leaked',
  { timeout: 120_000 },
  async () => {
    const report = await runCrashLab('routed', 'routes', { seconds: 8, seed: 1 });
    expect(report).toMatchObject({
      ...{ lost: 0, leaked: 0, upgraded: { older: true }, differing: [[], []] },
      rebooted: goodReboot,
    });
    expect(report.kills).toBeGreaterThan(3);
    expect(report.sent).toBeGreaterThan(1000);
  },
);
