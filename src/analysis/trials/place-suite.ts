import { schedule } from '../../model/schedule.ts';
import type { Family } from '../../net/protocol.ts';
import type { NameMeaning, Suite } from '../policy-test/suite.ts';
import { createReach, type Reach } from '../reach/reach.ts';

/**
 * A suite and its cluster with everything decided that a lab decides, so that whoever is asked about them speaks of the same
 * nodes and addresses as packets do.
 */
export function placeSuite(
  suite: Suite,
  { cluster }: Reach,
  families: readonly Family[],
): { readonly suite: Suite; readonly reach: Reach } {
  const words = [...suite.names].flatMap(([word, meaning]) =>
    meaning.kind === 'pod' ? [[word, meaning] as const] : [],
  );
  const whole = schedule(
    { ...cluster, pods: [...cluster.pods, ...words.map(([, { pod }]) => pod)] },
    families,
  );
  const placed = words.map(([word, meaning], at): readonly [string, NameMeaning] => [
    word,
    { ...meaning, pod: whole.pods[cluster.pods.length + at] ?? meaning.pod },
  ]);
  return {
    suite: { ...suite, names: new Map([...suite.names, ...placed]) },
    reach: createReach({ ...whole, pods: whole.pods.slice(0, cluster.pods.length) }),
  };
}
