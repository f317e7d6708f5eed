import type { Command, Option } from 'commander';
import { schemaNames } from '../schema/names.ts';

/** One way to go on with a command line. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Whether names of files come into question, too. */
  readonly files: boolean;
}

/** What a position can hold that only the input knows: workloads, namespaces, contexts. */
export type Lookup = (wanted: Wanted, given: GivenOptions) => Promise<readonly Candidate[]>;

export type Wanted = 'end' | 'row' | 'namespace' | 'context' | 'lint-rule';

/** Options that stand on the line already, by long name without dashes. */
export type GivenOptions = ReadonlyMap<string, readonly string[]>;

/**
 * How the last word of a command line can go on.
 * @param words without the program's name; the last is the one to complete, perhaps empty
 */
export async function complete(
  program: Command,
  words: readonly string[],
  lookUp: Lookup,
): Promise<Completion> {
  const current = words.at(-1) ?? '';
  const place = placeAfter(program, words.slice(0, -1));
  const [, name, value] = /^(--[a-z-]+)=(.*)$/.exec(current) ?? [];
  const pending = name === undefined ? place.pending : optionNamed(place.command, name);
  if (pending !== undefined) {
    const own = await valuesOf(pending, place.given, lookUp);
    const prefix = name === undefined ? '' : `${name}=`;
    const values = own.candidates.map((one) => ({ ...one, value: `${prefix}${one.value}` }));
    return { candidates: matching(values, `${prefix}${value ?? current}`), files: own.files };
  }
  if (current.startsWith('-'))
    return { candidates: matching(optionsOf(place.command), current), files: false };
  const subcommands = visibleCommands(place.command).map((command) => ({
    value: command.name(),
    description: command.summary(),
  }));
  if (subcommands.length > 0) {
    return { candidates: place.arguments === 0 ? matching(subcommands, current) : [], files: false };
  }
  const position = positionals[place.command.name()];
  const argument = position?.[Math.min(place.arguments, position.length - 1)];
  if (argument === 'file') return { candidates: [], files: true };
  if (argument === undefined) return { candidates: [], files: false };
  if (typeof argument !== 'string') {
    return {
      candidates: matching(
        argument.map((one) => ({ value: one, description: '' })),
        current,
      ),
      files: false,
    };
  }
  return { candidates: matching(await lookUp(argument, place.given), current), files: false };
}

/** What stands at the positions of a command; the last kind goes on. */
const positionals: Readonly<Record<string, readonly (Wanted | 'file' | readonly string[])[]>> = {
  can: ['end'],
  explain: ['end'],
  test: ['file'],
  diff: ['file'],
  report: ['file'],
  lint: ['file'],
  completion: [['bash', 'fish', 'zsh']],
  schema: [Object.keys(schemaNames)],
};

interface Place {
  readonly command: Command;
  /** Words that are no options and no commands, so far. */
  readonly arguments: number;
  readonly given: GivenOptions;
  /** The option whose value comes next. */
  readonly pending?: Option;
}

function placeAfter(program: Command, words: readonly string[]): Place {
  const given = new Map<string, string[]>();
  let command = program;
  let count = 0;
  let pending: Option | undefined;
  const give = (option: Option, value: string): void => {
    const name = option.attributeName();
    given.set(name, [...(given.get(name) ?? []), value]);
  };
  for (const word of words) {
    if (pending !== undefined) {
      give(pending, word);
      pending = undefined;
      continue;
    }
    const [, name = word, value] = /^(--[a-z-]+)=(.*)$/.exec(word) ?? [];
    const option = word.startsWith('-') ? optionNamed(command, name) : undefined;
    if (option !== undefined) {
      if (value !== undefined) give(option, value);
      else if (takesValue(option)) pending = option;
      continue;
    }
    const child = count === 0 ? command.commands.find((one) => one.name() === word) : undefined;
    if (child !== undefined) command = child;
    else if (!word.startsWith('-')) count += 1;
  }
  return { command, arguments: count, given, ...(pending === undefined ? {} : { pending }) };
}

function optionNamed(command: Command, name: string): Option | undefined {
  return command.options.find(({ long, short }) => long === name || short === name);
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** Options whose value is one of a kind that only the input knows. */
const wantedByOption: Readonly<Record<string, Wanted>> = {
  namespace: 'namespace',
  context: 'context',
  explain: 'lint-rule',
  ingressController: 'end',
  focus: 'row',
};

const fileOptions = [
  'filename',
  'kubeconfig',
  'config',
  'output',
  'before',
  'tests',
  'outputFile',
  'nft',
  'ulogd',
];

async function valuesOf(option: Option, given: GivenOptions, lookUp: Lookup): Promise<Completion> {
  if (option.argChoices !== undefined) {
    return { candidates: option.argChoices.map((value) => ({ value, description: '' })), files: false };
  }
  const name = option.attributeName();
  const wanted = Object.hasOwn(wantedByOption, name) ? wantedByOption[name] : undefined;
  if (wanted !== undefined) return { candidates: await lookUp(wanted, given), files: false };
  return { candidates: [], files: fileOptions.includes(name) };
}

function optionsOf(command: Command): readonly Candidate[] {
  const own = command.options
    .filter(({ hidden }) => !hidden)
    .flatMap(({ long, description }) => (long == null ? [] : [{ value: long, description }]));
  return [...own, { value: '--help', description: 'print help' }];
}

function visibleCommands(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command);
}

function matching(candidates: readonly Candidate[], current: string): readonly Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(current));
}
