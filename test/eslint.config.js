import tseslint from 'typescript-eslint';

// The rooms of the house and what each may import. Pure rooms see only the rooms before them; edges see the pure rooms.
const pure = ['model', 'net', 'policy', 'ruleset', 'analysis'];
const mayImport = {
  net: ['net'],
  model: ['net', 'model'],
  policy: ['net', 'model', 'policy'],
  ruleset: ['net', 'model', 'policy', 'ruleset'],
  analysis: pure,
  kube: ['net', 'model', 'kube'],
  nft: ['net', 'ruleset', 'nft'],
  agent: [...pure, 'kube', 'nft', 'agent'],
  lab: [...pure, 'kube', 'nft', 'agent', 'lab'],
  page: ['net', 'model', 'policy', 'analysis', 'page'],
  cli: [...pure, 'kube', 'nft', 'agent', 'lab', 'page', 'cli'],
};
const rooms = Object.keys(mayImport);

/** The one file, or the one room, that may import each of these packages. */
const soleImporters = {
  '@kubernetes/client-node': 'src/kube/**',
  'ip-cidr': 'src/net/**',
  'cidr-tools': 'src/net/**',
  koffi: 'src/lab/**',
};

const worldModules = [
  'node:fs',
  'node:fs/promises',
  'node:child_process',
  'node:http',
  'node:https',
  'node:timers',
  'node:timers/promises',
  'node:process',
  'node:os',
  'node:worker_threads',
  'pino',
  'execa',
];

const borders = rooms.map((room) => {
  const forbiddenRooms = rooms.filter((other) => !mayImport[room].includes(other));
  const forbiddenPackages = Object.entries(soleImporters)
    .filter(([, where]) => !where.startsWith(`src/${room}/`))
    .map(([name]) => name);
  return {
    files: [`src/${room}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [...forbiddenPackages, ...(pure.includes(room) ? worldModules : [])].map((name) => ({
            name,
          })),
          patterns: forbiddenRooms.map((other) => ({
            group: [`../${other}/*`, `../../${other}/*`, `../${other}/**`, `../../${other}/**`],
            message: `${room} must not import ${other}: see docs/architecture.md`,
          })),
        },
      ],
      ...(pure.includes(room)
        ? {
            'no-restricted-globals': [
              'error',
              'process',
              'setTimeout',
              'setInterval',
              'setImmediate',
              'fetch',
              'console',
            ],
            'no-restricted-properties': [
              'error',
              { object: 'Math', property: 'random' },
              { object: 'Date', property: 'now' },
            ],
            'no-restricted-syntax': [
              'error',
              { selector: 'ClassDeclaration', message: 'No classes in the pure part.' },
              {
                selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
                message: 'No clock in the pure part.',
              },
            ],
          }
        : {}),
    },
  };
});

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'coverage/**'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'deploy/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './src/page/tsconfig.json'],
        tsconfigRootDir: `${import.meta.dirname}/..`,
      },
    },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
      ],
      'no-empty': ['error', { allowEmptyCatch: false }],
    },
  },
  ...borders,
  {
    files: ['test/**/*.ts', 'deploy/**/*.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
    },
  },
);
