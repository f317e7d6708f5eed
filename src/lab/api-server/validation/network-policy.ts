import { bounds, hostCidr, prefixLength, readCidr } from '../../../net/cidr.ts';
import { familyOf, parseAddress } from '../../../net/address.ts';
import { protocols } from '../../../net/protocol.ts';
import {
  type JsonObject,
  isObject,
  listAt,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  valueAt,
} from '../json.ts';
import { type FieldError, forbiddenField, invalid, notSupported, required } from './field-error.ts';
import { validateLabelSelector } from './label-selector.ts';
import { checkPortName, checkPortNumber } from './names.ts';

const directions = [
  { rules: 'ingress', peers: 'from' },
  { rules: 'egress', peers: 'to' },
] as const;

/**
 * The API server's own checks of a NetworkPolicy's spec, with its field paths, order and wording
 * (pkg/apis/networking/validation `ValidateNetworkPolicySpec`, with the lenient reading of CIDRs that is the default).
 * `object` is decoded and defaulted.
 */
export function validateNetworkPolicy(object: JsonObject): readonly FieldError[] {
  const spec = objectAt(object, 'spec');
  return [
    ...validateLabelSelector(objectAt(spec, 'podSelector'), 'spec.podSelector'),
    ...directions.flatMap(({ rules, peers }) =>
      objectsAt(spec, rules).flatMap((rule, index) => {
        const path = `spec.${rules}[${String(index)}]`;
        return [
          ...objectsAt(rule, 'ports').flatMap((port, at) =>
            validatePort(port, `${path}.ports[${String(at)}]`),
          ),
          ...objectsAt(rule, peers).flatMap((peer, at) =>
            validatePeer(peer, `${path}.${peers}[${String(at)}]`),
          ),
        ];
      }),
    ),
    ...validatePolicyTypes(spec),
  ];
}

/** Warnings about CIDRs that a later release will refuse (`GetWarningsForCIDR`). */
export function networkPolicyWarnings(object: JsonObject): readonly string[] {
  return directions.flatMap(({ rules, peers }) =>
    objectsAt(object, 'spec', rules).flatMap((rule, index) =>
      objectsAt(rule, peers).flatMap((peer, at) => {
        const path = `spec.${rules}[${String(index)}].${peers}[${String(at)}].ipBlock`;
        const block = objectAt(peer, 'ipBlock');
        const excepts = listAt(block, 'except').filter((except) => typeof except === 'string');
        return [
          ...cidrWarnings(`${path}.cidr`, stringAt(block, 'cidr')),
          ...excepts.flatMap((except, place) => cidrWarnings(`${path}.except[${String(place)}]`, except)),
        ];
      }),
    ),
  );
}

function validatePort(port: JsonObject, path: string): readonly FieldError[] {
  const protocol = valueAt(port, 'protocol');
  const number = valueAt(port, 'port');
  const endPort = numberAt(port, 'endPort');
  return [
    ...(typeof protocol === 'string' && !protocols.some((known) => known === protocol)
      ? [notSupported(`${path}.protocol`, protocol, ['TCP', 'UDP', 'SCTP'])]
      : []),
    ...validateNumbers(number, endPort, path),
  ];
}

function validateNumbers(
  port: ReturnType<typeof valueAt>,
  endPort: number | undefined,
  path: string,
): readonly FieldError[] {
  if (typeof port === 'number') {
    return [
      ...checkPortNumber(port).map((text) => invalid(`${path}.port`, port, text)),
      ...(endPort !== undefined && endPort < port
        ? [invalid(`${path}.endPort`, endPort, 'must be greater than or equal to `port`')]
        : []),
      ...(endPort === undefined
        ? []
        : checkPortNumber(endPort).map((text) => invalid(`${path}.endPort`, endPort, text))),
    ];
  }
  const named = typeof port === 'string';
  return [
    ...(endPort === undefined
      ? []
      : [
          invalid(
            `${path}.endPort`,
            endPort,
            named
              ? 'may not be specified when `port` is non-numeric'
              : 'may not be specified when `port` is not specified',
          ),
        ]),
    ...(named ? checkPortName(port).map((text) => invalid(`${path}.port`, port, text)) : []),
  ];
}

function validatePeer(peer: JsonObject, path: string): readonly FieldError[] {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  const said = [podSelector, namespaceSelector, ipBlock].filter(isObject).length;
  return [
    ...(isObject(podSelector) ? validateLabelSelector(podSelector, `${path}.podSelector`) : []),
    ...(isObject(namespaceSelector)
      ? validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`)
      : []),
    ...(isObject(ipBlock) ? validateIpBlock(ipBlock, `${path}.ipBlock`) : []),
    ...(said === 0 ? [required(path, 'must specify a peer')] : []),
    ...(said > 1 && isObject(ipBlock)
      ? [forbiddenField(path, 'may not specify both ipBlock and another peer')]
      : []),
  ];
}

function validateIpBlock(block: JsonObject, path: string): readonly FieldError[] {
  const text = stringAt(block, 'cidr');
  if (text === '') return [required(`${path}.cidr`, '')];
  const cidr = readCidr(text);
  if (!cidr.ok) return [badCidr(`${path}.cidr`, text)];
  return listAt(block, 'except').flatMap((except, index) => {
    const at = `${path}.except[${String(index)}]`;
    const exceptText = typeof except === 'string' ? except : '';
    const inner = readCidr(exceptText);
    if (!inner.ok) return [badCidr(at, exceptText)];
    const strictlyInside =
      familyOf(inner.cidr) === familyOf(cidr.cidr) &&
      bounds(cidr.cidr).first <= bounds(inner.cidr).first &&
      bounds(inner.cidr).first <= bounds(cidr.cidr).last &&
      prefixLength(cidr.cidr) < prefixLength(inner.cidr);
    return strictlyInside ? [] : [invalid(at, exceptText, 'must be a strict subset of `cidr`')];
  });
}

function badCidr(path: string, text: string): FieldError {
  return invalid(path, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)');
}

function validatePolicyTypes(spec: JsonObject): readonly FieldError[] {
  const types = listAt(spec, 'policyTypes');
  if (types.length > 2) {
    return [invalid('spec.policyTypes', types, 'may not specify more than two policyTypes')];
  }
  return types.flatMap((type, index) =>
    type === 'Ingress' || type === 'Egress'
      ? []
      : [
          notSupported(`spec.policyTypes[${String(index)}]`, typeof type === 'string' ? type : '', [
            'Ingress',
            'Egress',
          ]),
        ],
  );
}

function cidrWarnings(path: string, text: string): readonly string[] {
  const reading = readCidr(text);
  if (!reading.ok) return [];
  const { cidr, oddities } = reading;
  const value = JSON.stringify(text);
  const better = JSON.stringify(cidr);
  return [
    ...(oddities.includes('host-bits')
      ? [
          `${path}: CIDR value ${value} is ambiguous in this context (should be ${better} or ${JSON.stringify(singleAddress(text))}?)`,
        ]
      : []),
    ...(oddities.includes('leading-zeros') || oddities.includes('ipv4-mapped')
      ? [
          `${path}: non-standard CIDR value ${value} will be considered invalid in a future Kubernetes release: use ${better}`,
        ]
      : []),
    ...(oddities.length === 0 && text.includes(':') && text !== cidr
      ? [`${path}: IPv6 CIDR value ${value} should be in RFC 5952 canonical format (${better})`]
      : []),
  ];
}

function singleAddress(text: string): string {
  const written = text.slice(0, text.indexOf('/'));
  const plain = written.includes('.') ? written.replace(/(?<![0-9a-fA-F:])0+(?=\d+(\.|$))/g, '') : written;
  const address = parseAddress(plain);
  return address === undefined ? written : hostCidr(address);
}
