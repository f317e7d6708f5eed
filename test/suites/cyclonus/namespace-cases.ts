import { directions } from '../../../src/model/network-policy.ts';
import { withPeers } from './base-policy.ts';
import { type CaseDraft, policyCase } from './case.ts';
import { tagSet } from './tags.ts';

/** A namespace by the label that the API server gives to each. */
export function namespaceCases(): readonly CaseDraft[] {
  const byName = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'z' } } };
  return directions.map((direction) =>
    policyCase(
      tagSet(direction, 'namespaces-by-default-label'),
      [withPeers(direction, [byName])],
      `${direction}: namespace by its default label`,
    ),
  );
}
