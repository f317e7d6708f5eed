import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

// The borders between the rooms of src, read from the import graph. The linter says the same about one line at a time;
// this test also sees cycles, sole importers and what no import statement shows.

const root = path.resolve(import.meta.dirname, '..');

/** What each room may import from, besides itself. The order is that of the data: net, model, policy, ruleset, analysis. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  net: [],
  model: ['net'],
  policy: ['net', 'model'],
  ruleset: ['net', 'model', 'policy'],
  analysis: ['net', 'model', 'policy', 'ruleset'],
  kube: ['net', 'model'],
  nft: ['net', 'ruleset'],
  agent: ['net', 'model', 'policy', 'ruleset', 'analysis', 'kube', 'nft'],
  lab: ['net', 'model', 'policy', 'ruleset', 'analysis', 'kube', 'nft', 'agent'],
  page: ['net', 'model', 'policy', 'analysis'],
  cli: ['net', 'model', 'policy', 'ruleset', 'analysis', 'kube', 'nft', 'agent', 'lab', 'page'],
};

/** No clock, no chance, no files, no network: the same input gives the same output. */
const pure: ReadonlySet<string> = new Set(['net', 'model', 'policy', 'ruleset', 'analysis']);

/** The only names that a pure room may take from outside of src. */
const pureImports: Readonly<Record<string, readonly string[]>> = {
  'node:net': ['isIP', 'isIPv4', 'isIPv6'],
  'node:crypto': ['createHash'],
  'ip-cidr': ['default'],
  'cidr-tools': ['*'],
  leven: ['default'],
};

/** Packages that few may load, and how many files do. Types are free: they are gone at run time. */
const soleImporters: readonly SoleImporter[] = [
  { name: '@kubernetes/client-node', room: 'kube', most: 1 },
  { name: '@prometheus-io/client', room: 'agent', most: 1 },
  { name: 'pino', room: 'agent', most: 1 },
  { name: 'koffi', room: 'lab', most: 1 },
  { name: 'ip-cidr', room: 'net' },
  { name: 'cidr-tools', room: 'net' },
  // nft in one room; git, whose commits `diff` and `report` read, in the other.
  { name: 'execa', room: 'nft', beside: ['src/cli/input/git-tree.ts'] },
  { name: 'commander', room: 'cli' },
  { name: 'picocolors', room: 'cli' },
];

const forbiddenGlobals = [
  'process',
  'console',
  'fetch',
  'performance',
  'crypto',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'require',
  'globalThis',
  'Date',
];

const mostLines = 400;

const files = globSync('src/**/*.ts', { cwd: root }).sort();
const sources = new Map(files.map((file) => [file, readSource(file)]));
const modules = new Map([...sources].map(([file, source]) => [file, importsOf(file, source)]));

test('the graph is really there', () => {
  expect(files.length).toBeGreaterThan(150);
  expect(inside('src/cli/commands/compile.ts')).toContain('src/ruleset/compiler.ts');
  // Loaded late.
  expect(inside('src/kube/client.ts')).toContain('src/kube/credentials.ts');
  expect(
    reExported('import { a } from "./a.ts"; export { b } from "./b.ts"; export type * from "c";'),
  ).toEqual(['./a.ts', './b.ts', 'c']);
});

describe('rooms', () => {
  test('every file stands in a room', () => {
    expect([...new Set(files.map(roomOf))].filter((room) => !(room in mayImport))).toEqual([]);
  });

  test.for(Object.keys(mayImport))('%s imports only the rooms before it', (room) => {
    const allowed = new Set([room, ...(mayImport[room] ?? [])]);
    const crossings = filesOf(room).flatMap((file) =>
      inside(file)
        .filter((target) => target.startsWith('src/') && !allowed.has(roomOf(target)))
        .map((target) => `${file} imports ${target}`),
    );
    expect(crossings).toEqual([]);
  });

  test('only the version and data leave src', () => {
    const outside = files.flatMap((file) => inside(file).filter((target) => !target.startsWith('src/')));
    expect([...new Set(outside)].filter((target) => !/^(package\.json|rules\/)/.test(target))).toEqual([]);
  });

  test('nothing imports tests or the deployment', () => {
    const found = files.flatMap((file) => inside(file).filter((target) => /^(test|deploy)\//.test(target)));
    expect(found).toEqual([]);
  });

  test('what is imported exists', () => {
    const missing = files.flatMap((file) =>
      inside(file)
        .filter((target) => target.endsWith('.ts') && !sources.has(target))
        .map((target) => `${file} imports ${target}`),
    );
    expect(missing).toEqual([]);
  });
});

describe('pure rooms', () => {
  const pureFiles = files.filter((file) => pure.has(roomOf(file)));

  test('take nothing from the world but names that only compute', () => {
    const taken = pureFiles.flatMap((file) =>
      (modules.get(file) ?? [])
        .filter(({ target, typeOnly }) => target === undefined && !typeOnly)
        .flatMap(({ specifier, names }) => {
          const allowed = pureImports[specifier] ?? [];
          return names
            .filter((name) => !allowed.includes('*') && !allowed.includes(name))
            .map((name) => `${file} takes ${name} from ${specifier}`);
        }),
    );
    expect(taken).toEqual([]);
  });

  test('load nothing late', () => {
    const late = pureFiles.filter((file) => modules.get(file)?.some(({ isLate }) => isLate));
    expect(late).toEqual([]);
  });

  test('use no global of the world', () => {
    const used = pureFiles.flatMap((file) =>
      worldUses(sources.get(file)!).map((use) => `${file} uses ${use}`),
    );
    expect(used).toEqual([]);
  });

  test('have no classes', () => {
    const declared = pureFiles.filter((file) =>
      containsNode(sources.get(file)!, (node) => ts.isClassDeclaration(node) || ts.isClassExpression(node)),
    );
    expect(declared).toEqual([]);
  });

  test('the search for globals finds them', () => {
    const text = `process.exit(); const a = Math.random(); f({ fetch }); new Date(); b.process; type T = Date;`;
    expect(worldUses(parse('x.ts', text))).toEqual(['process', 'Math.random', 'fetch', 'Date']);
  });
});

describe('packages', () => {
  test.for(soleImporters)('$name is loaded in src/$room alone', ({ name, room, most, beside = [] }) => {
    const importers = files.filter((file) =>
      modules.get(file)?.some(({ specifier, typeOnly }) => packageOf(specifier) === name && !typeOnly),
    );
    const isElsewhere = (file: string): boolean => roomOf(file) !== room && !beside.includes(file);
    expect(importers.filter(isElsewhere)).toEqual([]);
    expect(importers.length).toBeGreaterThan(0);
    if (most !== undefined) expect(importers.length).toBeLessThanOrEqual(most);
    const ofTypes = files.filter((file) =>
      modules.get(file)?.some(({ specifier }) => packageOf(specifier) === name),
    );
    expect(ofTypes.filter(isElsewhere)).toEqual([]);
  });

  test('every package that is imported is a dependency of the project', () => {
    const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string> | undefined
    >;
    const known = new Set(
      ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
        Object.keys(manifest[kind] ?? {}),
      ),
    );
    const imported = files.flatMap((file) =>
      (modules.get(file) ?? [])
        .filter(({ target, specifier }) => target === undefined && !specifier.startsWith('node:'))
        .map(({ specifier, typeOnly }) => ({ name: packageOf(specifier), typeOnly })),
    );
    // Types may come from a package of types alone.
    const isKnown = ({ name, typeOnly }: { readonly name: string; readonly typeOnly: boolean }): boolean =>
      known.has(name) || (typeOnly && known.has(`@types/${name}`));
    expect(imported.filter((one) => !isKnown(one))).toEqual([]);
  });

  test("Node's own modules are named with node:", () => {
    const bare = files.flatMap((file) =>
      (modules.get(file) ?? [])
        .filter(({ specifier }) =>
          /^(fs|os|path|net|http|https|child_process|util|events)(\/|$)/.test(specifier),
        )
        .map(({ specifier }) => `${file} imports ${specifier}`),
    );
    expect(bare).toEqual([]);
  });
});

describe('files', () => {
  // Types may refer to each other in a circle; modules that load each other find half of the other.
  test('no modules that load each other', () => {
    const loaded = (file: string): readonly string[] =>
      (modules.get(file) ?? [])
        .filter(({ typeOnly }) => !typeOnly)
        .flatMap(({ target }) => (target !== undefined && sources.has(target) ? [target] : []));
    expect(cyclesOf(files, loaded)).toEqual([]);
  });

  test('the search for cycles finds one', () => {
    const graph: Record<string, string[]> = { a: ['b'], b: ['c'], c: ['b', 'd'], d: [] };
    expect(cyclesOf(Object.keys(graph), (file) => graph[file] ?? [])).toEqual(['b -> c -> b']);
  });

  test(`none above ${mostLines} lines`, () => {
    const long = files
      .map((file) => ({ file, lines: sources.get(file)!.text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > mostLines)
      .map(({ file, lines }) => `${file}: ${lines} lines`);
    expect(long).toEqual([]);
  });

  test('no default exports', () => {
    const found = files.filter((file) => hasDefaultExport(sources.get(file)!));
    expect(found).toEqual([]);
    for (const text of [
      'export default 1',
      'export default function f() {}',
      'const a = 1; export { a as default }',
      'export { default } from "a"',
    ])
      expect(hasDefaultExport(parse('x.ts', text)), text).toBe(true);
  });

  test('kebab-case names, and none that says nothing', () => {
    const odd = files
      .flatMap((file) => file.replace(/\.ts$/, '').split('/').slice(1))
      .filter(
        (part) =>
          !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(part) || /^(utils?|helpers?|common|misc|index)$/.test(part),
      );
    expect(odd).toEqual([]);
  });
});

interface SoleImporter {
  readonly name: string;
  readonly room: string;
  /** Files of other rooms that load it too. */
  readonly beside?: readonly string[];
  /** How many files may load it; any number of the room where absent. */
  readonly most?: number;
}

interface Import {
  /** As written. */
  readonly specifier: string;
  /** The file below the root; absent for packages. */
  readonly target: string | undefined;
  /** What is taken: exported names, `default`, or `*`. */
  readonly names: readonly string[];
  readonly typeOnly: boolean;
  /** By `import()`. */
  readonly isLate: boolean;
}

function readSource(file: string): ts.SourceFile {
  return parse(file, readFileSync(path.join(root, file), 'utf8'));
}

function parse(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
}

function roomOf(file: string): string {
  return file.split('/')[1] ?? '';
}

function filesOf(room: string): readonly string[] {
  return files.filter((file) => roomOf(file) === room);
}

/** The files of the project that a file imports, types included. */
function inside(file: string): readonly string[] {
  return (modules.get(file) ?? []).flatMap(({ target }) => target ?? []);
}

/** `@scope/name/sub` is of `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function importsOf(file: string, source: ts.SourceFile): readonly Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node, names: readonly string[], typeOnly: boolean, isLate = false): void => {
    if (!ts.isStringLiteralLike(specifier)) throw new Error(`${file}: an import that is computed`);
    const { text } = specifier;
    const target = text.startsWith('.') ? path.join(path.dirname(file), text) : undefined;
    found.push({ specifier: text, target, names, typeOnly, isLate });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      // `import { type T }` still loads the module; only `import type` does not.
      const typeOnly = clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
      add(node.moduleSpecifier, clause === undefined ? ['*'] : importedNames(clause), typeOnly);
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      const names =
        node.exportClause !== undefined && ts.isNamedExports(node.exportClause)
          ? node.exportClause.elements.filter(({ isTypeOnly }) => !isTypeOnly).map(nameOf)
          : ['*'];
      add(node.moduleSpecifier, names, node.isTypeOnly);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0]!, ['*'], false, true);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, [], true);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Names whose values are imported; types are left out. */
function importedNames(clause: ts.ImportClause): readonly string[] {
  const bindings = clause.namedBindings;
  const named =
    bindings === undefined
      ? []
      : ts.isNamespaceImport(bindings)
        ? ['*']
        : bindings.elements.filter(({ isTypeOnly }) => !isTypeOnly).map(nameOf);
  return clause.name === undefined ? named : ['default', ...named];
}

function nameOf(specifier: ts.ImportSpecifier | ts.ExportSpecifier): string {
  return (specifier.propertyName ?? specifier.name).text;
}

function reExported(text: string): readonly string[] {
  return importsOf('x.ts', parse('x.ts', text)).map(({ specifier }) => specifier);
}

/** Uses of what a pure room must not touch, as values: a property or a type of that name is something else. */
function worldUses(source: ts.SourceFile): readonly string[] {
  const uses: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node)) return;
    if (ts.isPropertyAccessExpression(node)) {
      if (node.expression.getText(source) === 'Math' && node.name.text === 'random') uses.push('Math.random');
      visit(node.expression);
      return;
    }
    if (ts.isIdentifier(node) && forbiddenGlobals.includes(node.text) && !isName(node)) uses.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return uses;
}

/** Whether the identifier names something of the file's own: a property, a parameter, a declaration. */
function isName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return false;
  return 'name' in parent && parent.name === node;
}

function containsNode(source: ts.SourceFile, wanted: (node: ts.Node) => boolean): boolean {
  const visit = (node: ts.Node): boolean => wanted(node) || ts.forEachChild(node, visit) === true;
  return visit(source);
}

function hasDefaultExport(source: ts.SourceFile): boolean {
  return containsNode(
    source,
    (node) =>
      ts.isExportAssignment(node) ||
      (node.kind === ts.SyntaxKind.DefaultKeyword && ts.isFunctionDeclaration(node.parent)) ||
      (ts.isExportSpecifier(node) && node.name.text === 'default'),
  );
}

/** Each cycle once, as `a -> b -> a`. */
function cyclesOf(all: readonly string[], targetsOf: (file: string) => readonly string[]): readonly string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) {
      cycles.push([...trail.slice(start), file].join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const target of targetsOf(file)) walk(target, [...trail, file]);
    done.add(file);
  };
  for (const file of all) walk(file, []);
  return cycles;
}
