import { Counter, Gauge, Histogram, type LabelValues, Registry } from '@prometheus-io/client';

// The only importer of the Prometheus client.

/** Metrics of two kinds: those that somebody counts, and those that are read from somebody else when they are asked for. */
export interface MetricRegistry {
  readonly contentType: string;
  /** The text form of everything. */
  readonly text: () => Promise<string>;

  readonly counter: <Label extends string>(
    name: string,
    help: string,
    ...labels: readonly Label[]
  ) => Counter<Label>;
  readonly gauge: <Label extends string>(
    name: string,
    help: string,
    ...labels: readonly Label[]
  ) => Gauge<Label>;
  readonly histogram: <Label extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    ...labels: readonly Label[]
  ) => Histogram<Label>;

  /** One series without labels. */
  readonly readCounter: (name: string, help: string, value: () => number) => void;
  readonly readGauge: (name: string, help: string, value: () => number) => void;
  /** All series at present; one that is not among them is gone. */
  readonly readCounters: ReadSeries;
  readonly readGauges: ReadSeries;
}

type ReadSeries = <Label extends string>(
  name: string,
  help: string,
  labels: readonly Label[],
  read: () => readonly Series<Label>[],
) => void;

export type Series<Label extends string> = readonly [labels: LabelValues<Label>, value: number];

export function createMetricRegistry(): MetricRegistry {
  const registry = new Registry();
  const registers = [registry];
  const registered: MetricRegistry = {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    counter: (name, help, ...labelNames) => new Counter({ name, help, labelNames, registers }),
    gauge: (name, help, ...labelNames) => new Gauge({ name, help, labelNames, registers }),
    histogram: (name, help, buckets, ...labelNames) =>
      new Histogram({ name, help, labelNames, buckets: [...buckets], registers }),
    readCounter(name, help, value) {
      registered.readCounters<string>(name, help, [], () => [[{}, value()]]);
    },
    readGauge(name, help, value) {
      registered.readGauges<string>(name, help, [], () => [[{}, value()]]);
    },
    readCounters(name, help, labelNames, read) {
      new Counter({
        name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          for (const [labels, value] of read()) this.inc(labels, value);
        },
      });
    },
    readGauges(name, help, labelNames, read) {
      new Gauge({
        name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          for (const [labels, value] of read()) this.set(labels, value);
        },
      });
    },
  };
  return registered;
}
