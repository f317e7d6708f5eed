import { isDeepStrictEqual, parseArgs } from 'node:util';
import { goodReboot, runCrashLab } from './crash-report.ts';

// kill -9 in a loop, every packet counted: node test/faults/crash.ts [--seconds N] [--seed N]. Exit code 0 where none was
// lost and none leaked, else 1.

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
});
for (const [topology, interconnect] of [
  ['bridge', 'vxlan'],
  ['routed', 'routes'],
] as const) {
  const report = await runCrashLab(topology, interconnect, {
    seconds: Number(values.seconds) / 2,
    seed: Number(values.seed),
  });
  const { kills, changes, sent, lost, tried, leaked, upgraded, differing, rebooted } = report;
  const isGood =
    lost === 0 &&
    leaked === 0 &&
    upgraded.older &&
    differing.flat().length === 0 &&
    isDeepStrictEqual(rebooted, goodReboot);
  console.log(`${topology}, ${interconnect}: ${isGood ? 'good' : 'NOT GOOD'}`);
  console.log(
    `  ${String(kills)} agents killed, ${String(changes)} changes of the cluster, 1 upgrade, 1 reboot`,
  );
  console.log(`  allowed: ${String(sent)} packets sent, ${String(lost)} lost`);
  console.log(`  not allowed: ${String(tried)} packets sent, ${String(leaked)} leaked`);
  console.log(
    `  unlike a compile from scratch: ${String(differing.flat().length)} objects; reboot: ${JSON.stringify(rebooted)}`,
  );
  for (const line of differing.flat()) console.log(`    ${line}`);
  if (!isGood) process.exitCode = 1;
}
