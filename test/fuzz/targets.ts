import { expressionTargets } from './expression-targets.ts';
import { kubeTargets } from './kube-targets.ts';
import { manifestTargets } from './manifest-targets.ts';
import { nodeTargets } from './node-targets.ts';
import { outputTargets } from './output-targets.ts';
import type { Target } from './target.ts';

/** Every reader of input with what it promises, and every output with what hostile text may not do to it. */
export async function targets(): Promise<readonly Target[]> {
  return [
    ...manifestTargets(),
    ...kubeTargets(),
    ...(await nodeTargets()),
    ...expressionTargets(),
    ...outputTargets(),
  ];
}
