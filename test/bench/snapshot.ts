import { createReach } from '../../src/analysis/reach/reach.ts';
import { snapshotLines } from '../../src/analysis/snapshot/lines.ts';
import { realCluster } from './real-cluster.ts';

// What the lines of a lock file take for a large cluster. Wanted: within 10 s. Run: node test/bench/snapshot.ts

const cluster = realCluster();
const start = performance.now();
const lines = snapshotLines(createReach(cluster), new Set(cluster.pods.map(({ namespace }) => namespace)));
const taken = performance.now() - start;
const size = lines.reduce((sum, line) => sum + line.length + 1, 0) / 1e6;
const memory = process.memoryUsage().rss / 1e6;
console.log(
  `${taken.toFixed(0)} ms, ${lines.length} lines, ${size.toFixed(0)} MB; resident ${memory.toFixed(0)} MB`,
);
