import { expect, test } from 'vitest';
import { connectivityOf } from '../../src/analysis/connectivity/connectivity.ts';
import { loadInput } from '../../src/cli/input/load-input.ts';
import { connectivityJson } from '../../src/cli/output/connectivity-json.ts';
import { fileSystemIo } from '../../src/cli/input/input-io.ts';
import { type PackedCluster, packCluster, unpackCluster } from '../../src/page/packed-cluster.ts';
import type { Cluster } from '../../src/model/cluster.ts';

const io = fileSystemIo(() => Promise.reject(new Error('no standard input')));

test.for(['rules/examples/shop', 'rules/examples/store', 'rules/demo', 'rules/semantics/who-is-a-pod'])(
  '%s: who reaches whom is the same after the way into the page',
  async (folder) => {
    const { cluster } = await loadInput({ files: [folder] }, io);
    const packed = JSON.parse(JSON.stringify(packCluster(cluster))) as PackedCluster;
    expect(cluster.pods.length).toBeGreaterThan(0);
    expect(connectivity(unpackCluster(packed))).toBe(connectivity(cluster));
  },
);

function connectivity(cluster: Cluster): string {
  return [...connectivityJson(connectivityOf(cluster, 'workload'), () => true)].join('');
}
