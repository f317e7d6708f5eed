import fc from 'fast-check';
import { expect, test } from 'vitest';
import { enforcedDifferences } from '../../src/analysis/enforced-difference.ts';
import { isCompiledAllowed } from '../../src/analysis/compiled-verdict.ts';
import { podKey } from '../../src/model/pod.ts';
import { familyOf } from '../../src/net/address.ts';
import { protocols } from '../../src/net/protocol.ts';
import { endpointAt, type Flow } from '../../src/policy/flow.ts';
import { compile, defaultCompilerOptions } from '../../src/ruleset/compiler.ts';
import { cluster } from '../property/arbitraries.ts';
import { runs } from '../property/runs.ts';

// Two rulesets of one node and one set of pods: what is told must hold, and every flow that differs must be told.

const options = { ...defaultCompilerOptions, nodeName: 'n1' };
const ports = [1, 53, 79, 80, 81, 443, 8080, 65_535];

test('every difference between pods is told, and what is told is one', { timeout: 60_000 }, () => {
  let seen = 0;
  fc.assert(
    fc.property(cluster, cluster, (a, b) => {
      const [actual, desired] = [compile(a, options), compile({ ...a, policies: b.policies }, options)];
      const { differences, complete } = enforcedDifferences(a, 'n1', actual, desired);
      expect(complete).toBe(true);
      const on = (ruleset: typeof actual, flow: Flow) => isCompiledAllowed(new Map([['n1', ruleset]]), flow);
      for (const { source, destination, protocol, ports: ranges, actual: side } of differences) {
        for (const port of ranges === undefined ? [undefined] : ranges.flat()) {
          const flow = {
            source: source.endpoint,
            destination: destination.endpoint,
            protocol,
            ...(port === undefined ? {} : { port }),
          };
          expect([on(actual, flow), on(desired, flow)]).toEqual([side === 'allowed', side !== 'allowed']);
        }
      }
      const ends = [
        ...a.pods.filter(({ finished }) => !finished).flatMap(({ addresses }) => addresses),
        '8.8.8.8' as (typeof a.pods)[number]['addresses'][number],
      ].map((address) => endpointAt(a, address));
      for (const source of ends) {
        for (const destination of ends) {
          if (familyOf(source.address) !== familyOf(destination.address)) continue;
          const locals = [source, destination].flatMap((end) =>
            end.kind === 'pod' && end.pod.nodeName === 'n1' ? [podKey(end.pod)] : [],
          );
          if (locals.length === 0) continue;
          for (const protocol of protocols) {
            for (const port of ports) {
              const flow = { source, destination, protocol, port };
              const allowed = on(actual, flow);
              if (allowed === on(desired, flow)) continue;
              seen += 1;
              const told = differences.some(
                (difference) =>
                  difference.protocol === protocol &&
                  (difference.actual === 'allowed') === allowed &&
                  difference.ports?.some(([first, last]) => first <= port && port <= last) === true &&
                  [difference.source, difference.destination].some(
                    ({ endpoint }) => endpoint.kind === 'pod' && locals.includes(podKey(endpoint.pod)),
                  ),
              );
              expect(told, JSON.stringify(flow)).toBe(true);
            }
          }
        }
      }
    }),
    runs(60),
  );
  expect(seen).toBeGreaterThan(1000);
});
