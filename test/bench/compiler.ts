import process from 'node:process';
import { policyKey } from '../../src/model/network-policy.ts';
import { compile, createCompiler, defaultCompilerOptions } from '../../src/ruleset/compiler.ts';
import { renderJson } from '../../src/ruleset/render-json.ts';
import { realCluster, realShape } from './real-cluster.ts';

// What the compiler costs on one node of a cluster of the published shape: from scratch, and for single events. The
// baseline of an event is the compile from scratch of the same run. Figures, not assertions.

const cluster = realCluster();
const options = { ...defaultCompilerOptions, nodeName: 'node-3' };
console.log(
  `${String(realShape.pods)} pods, ${String(realShape.namespaces)} namespaces, ${String(realShape.policies)} policies; one node\n`,
);

const scratch = median(Array.from({ length: 5 }, () => timed(() => compile(cluster, options))));
const compiler = createCompiler(options);
for (const node of cluster.nodes) compiler.setNode(node);
for (const namespace of cluster.namespaces) compiler.setNamespace(namespace);
for (const policy of cluster.policies) compiler.setPolicy(policy);
for (const pod of cluster.pods) compiler.setPod(pod);
const first = compiler.step();
const json = timed(() => renderJson(first.transaction, { declare: 'type' }));
first.commit();
console.log(compiler.counts());

const relabels = Array.from({ length: 500 }, (_, index) => {
  const pod = cluster.pods[(index * 37) % cluster.pods.length];
  if (pod === undefined) return 0;
  return timed(() => {
    compiler.setPod({ ...pod, labels: { ...pod.labels, app: `app-${String(index % 12)}` } });
    compiler.step().commit();
  });
});
const replacements = Array.from({ length: 500 }, (_, index) => {
  const policy = cluster.policies[(index * 131) % cluster.policies.length];
  if (policy === undefined) return 0;
  return timed(() => {
    compiler.deletePolicy(policyKey(policy));
    compiler.step().commit();
    compiler.setPolicy(policy);
    compiler.step().commit();
  });
});

row('compile from scratch', [scratch]);
row('render the whole ruleset as JSON', [json]);
row('a pod gets another label', relabels);
row('a policy is deleted and created', replacements);
console.log(`resident memory ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`);

function row(what: string, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const p50 = median(sorted);
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? p50;
  const ratio = (p50 / scratch).toFixed(4);
  console.log(
    `${what.padEnd(34)} p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, ${ratio} of a compile from scratch`,
  );
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
