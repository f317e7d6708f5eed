import { type Protocol, protocols } from '../net/protocol.ts';
import { type Traffic, trafficOf } from '../net/traffic.ts';
import type { Point } from './world.ts';

/** What a reader typed: words that must all hold. */
export interface Filter {
  readonly isEmpty: boolean;
  readonly namespaces: readonly string[];
  /** `key=value`; a part of the value will do. */
  readonly labels: readonly (readonly [key: string, value: string])[];
  readonly words: readonly string[];
  /** What has to pass. */
  readonly ports?: Traffic;
}

/** Reads `web`, `ns:shop`, `app=web`, `:443`, `:53/udp`, in any number and order. */
export function readFilter(text: string): Filter {
  const namespaces: string[] = [];
  const labels: (readonly [string, string])[] = [];
  const words: string[] = [];
  let ports: Traffic | undefined;
  for (const word of text
    .trim()
    .split(/\s+/)
    .filter((one) => one !== '')) {
    const port = /^(?:port)?:(\d{1,5})(?:\/(tcp|udp|sctp))?$/i.exec(word);
    if (port !== null) ports = portsOf(Number(port[1]), port[2]);
    else if (/^(ns|namespace):./i.test(word))
      namespaces.push(word.slice(word.indexOf(':') + 1).toLowerCase());
    else if (/^[^=]+=/.test(word))
      labels.push([word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]);
    else words.push(word.toLowerCase());
  }
  const isEmpty = namespaces.length + labels.length + words.length === 0 && ports === undefined;
  return { isEmpty, namespaces, labels, words, ...(ports === undefined ? {} : { ports }) };
}

export const noFilter: Filter = readFilter('');

/** Whether somebody is what the words are about. */
export function isMeant(
  { namespaces, labels, words }: Filter,
  { endpoint, label, namespace }: Point,
): boolean {
  const pods = endpoint.kind === 'pods' ? endpoint.pods : [];
  const blocks = endpoint.kind === 'external' ? endpoint.blocks : [];
  const names = [label, ...blocks].map((name) => name.toLowerCase());
  return (
    namespaces.every((wanted) => namespace.toLowerCase().includes(wanted)) &&
    words.every((word) => names.some((name) => name.includes(word))) &&
    labels.every(([key, value]) =>
      pods.some((pod) => Object.hasOwn(pod.labels, key) && (pod.labels[key] ?? '').includes(value)),
    )
  );
}

function portsOf(number: number, protocol: string | undefined): Traffic {
  const own = protocols.filter((one: Protocol) => protocol === undefined || one === protocol.toUpperCase());
  return trafficOf(own.map((one) => ({ protocol: one, first: number, last: number })));
}
