import { podKey } from '../model/pod.ts';
import { connectionsTable } from './connections.ts';
import type { ReportData } from './data.ts';
import { detailOf, emptyDetail } from './detail.ts';
import { el, fill, name } from './dom.ts';
import { noFilter, readFilter } from './filter.ts';
import { type Choice, type Kind, type Layout, layoutOf, sideOfView, type View } from './layout.ts';
import { drawSwatches, legend } from './legend.ts';
import { createMatrix, type Spot } from './matrix.ts';
import { printedMatrix } from './print.ts';
import { describeCell } from './reasons.ts';
import {
  changesSection,
  lintSection,
  type Links,
  policiesSection,
  section,
  testsSection,
} from './sections.ts';
import { createToolbar } from './toolbar.ts';
import { createWorld, type SideName, type World } from './world.ts';

/** More rows than that are folded to namespaces until the reader unfolds them. */
const mostRows = 150;

/** Draws the report into an element, and keeps it as the reader chooses. */
export function createReport(root: HTMLElement, data: ReportData): void {
  const world = createWorld(data);
  const isChange = world.changes !== undefined;
  const namespaces = new Set(world.points.map(({ namespace }) => namespace));
  let choice: Choice = {
    view: isChange ? 'change' : 'after',
    filter: noFilter,
    fold: true,
    collapsed: new Set(),
  };
  if (layoutOf(world, choice).items.length > mostRows && namespaces.size > 1)
    choice = { ...choice, collapsed: namespaces };
  let layout: Layout = layoutOf(world, choice);
  let filterText = '';

  const panel = el('aside', { class: 'panel', id: 'detail', 'aria-label': 'reason' });
  const legends = legend(isChange);
  const sideName = (): SideName => (choice.view === 'before' ? 'before' : 'after');

  const matrix = createMatrix({
    describe: (shown, spot) => describeCell(world, shown, spot, sideName()),
    choose: (shown, spot, byKey) => {
      const { from, to } = { from: shown.items[spot.from], to: shown.items[spot.to] };
      const folded = [from, to]
        .filter((item) => item?.kind === 'namespace')
        .map((item) => item?.namespace ?? '');
      if (folded.length > 0) unfold(folded);
      else showDetail(shown, spot, byKey);
    },
    chooseNamespace: ({ namespace }) => {
      if (choice.collapsed.has(namespace)) unfold([namespace]);
      else update({ ...choice, collapsed: new Set([...choice.collapsed, namespace]) });
    },
  });

  const showDetail = (shown: Layout, spot: Spot, moveThere: boolean): void => {
    const close = (): void => {
      emptyDetail(panel, legends);
      drawSwatches(panel);
      matrix.focus();
    };
    fill(panel, [detailOf(world, shown, spot, choice.view, { close, showPolicy: links.showPolicy })]);
    panel.scrollTop = 0;
    if (moveThere) panel.querySelector<HTMLElement>('#detail-heading')?.focus();
  };
  panel.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') panel.querySelector<HTMLElement>('.close')?.click();
  });

  const unfold = (names: readonly string[]): void => {
    update({ ...choice, collapsed: new Set([...choice.collapsed].filter((one) => !names.includes(one))) });
  };

  const links: Links = {
    showPair: (from, to) => {
      const [source, destination] = [pointNamed(world, from), pointNamed(world, to)];
      if (source === undefined || destination === undefined) return;
      const spaces = [source, destination].map((at) => world.points[at]?.namespace ?? '');
      filterText = '';
      update({
        ...choice,
        filter: noFilter,
        collapsed: new Set([...choice.collapsed].filter((one) => !spaces.includes(one))),
      });
      const rowOf = (at: number): number => layout.items.findIndex(({ members }) => members.includes(at));
      const spot = { from: rowOf(source), to: rowOf(destination) };
      matrix.goTo(spot);
      showDetail(layout, spot, true);
      document.getElementById('matrix')?.scrollIntoView();
    },
    showPolicy: (side, key) => {
      const all = [...document.querySelectorAll<HTMLDetailsElement>('details[data-policy]')];
      const details =
        all.find((one) => one.dataset['policy'] === `${side} ${key}`) ??
        all.find((one) => one.dataset['policy'] === `after ${key}`);
      if (details === undefined) return;
      details.open = true;
      details.scrollIntoView({ block: 'start' });
      details.querySelector('summary')?.focus({ preventScroll: true });
    },
  };

  const views: readonly (readonly [View, string])[] = isChange
    ? [
        ['before', 'before'],
        ['after', 'after'],
        ['change', 'difference'],
      ]
    : [['after', 'now']];
  const toolbar = createToolbar(views, choice.view, choice.collapsed.size > 0, {
    view: (view) => {
      update({ ...choice, view });
    },
    filter: (text) => {
      filterText = text;
      update({ ...choice, filter: readFilter(text) });
    },
    fold: (fold) => {
      update({ ...choice, fold });
    },
    foldNamespaces: (isOn) => {
      update({ ...choice, collapsed: isOn ? namespaces : new Set() });
    },
    only: (only) => {
      const { only: _, ...others } = choice;
      update(only === undefined ? others : { ...others, only });
    },
    zoom: (step) => {
      if (step === 0) matrix.show(layout, 'fit');
      else matrix.zoom(step);
    },
  });

  const table = el('details', { class: 'as-table' }, el('summary', {}, 'The same as a table'), el('div', {}));
  const fillTable = (): void => {
    const content = table.lastElementChild;
    if (content !== null) fill(content, table.open ? [connectionsTable(layout)] : []);
  };
  table.addEventListener('toggle', fillTable);
  const none = el('p', { class: 'none', role: 'status' });

  const update = (next: Choice): void => {
    choice = next;
    layout = layoutOf(world, choice);
    toolbar.count(countsOf(world, choice.view));
    toolbar.set(filterText, choice.collapsed.size > 0);
    none.textContent = layout.items.length === 0 ? 'Nobody is like that.' : '';
    matrix.show(layout, 'fit');
    if (panel.querySelector('#detail-heading') !== null) emptyDetail(panel, legends);
    drawSwatches(document);
    fillTable();
  };

  const parts = [
    ...(world.changes === undefined ? [] : [changesSection(world.changes, links)]),
    lintSection(data.lint, links),
    ...(data.tests === undefined ? [] : [testsSection(data.tests, links)]),
    policiesSection(world),
  ];
  const square = section('matrix', 'Who reaches whom', sizeText(world), toolbar.element, none);
  square.append(
    printedMatrix(() => layout),
    el('div', { class: 'workbench' }, matrix.element, panel),
    table,
  );
  fill(root, [header(world, parts), el('main', {}, square, ...parts), footer(data)]);
  emptyDetail(panel, legends);
  update(choice);
  for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
    matchMedia(query).addEventListener('change', () => {
      matrix.redraw();
      drawSwatches(document);
    });
  }
}

function header({ data: { before, after } }: World, parts: readonly HTMLElement[]): HTMLElement {
  const of =
    before === undefined
      ? [name(after.label)]
      : [name(before.label), el('span', { class: 'arrow' }, ' → '), name(after.label)];
  const links = [
    ['matrix', 'Matrix', ''],
    ...parts.map((part) => [
      part.id,
      part.querySelector('h2')?.firstChild?.textContent ?? '',
      part.querySelector('.count')?.textContent ?? '',
    ]),
  ];
  return el(
    'header',
    {},
    el(
      'div',
      { class: 'brand' },
      el('span', { class: 'mark', 'aria-hidden': 'true' }),
      el('h1', {}, 'Ringfence report'),
      el('p', {}, ...of),
    ),
    el(
      'nav',
      { 'aria-label': 'parts' },
      ...links.map(([id, title = '', count]) =>
        el('a', { href: `#${String(id)}` }, title, ...(count ? [el('span', { class: 'count' }, count)] : [])),
      ),
    ),
  );
}

function footer({ version }: ReportData): HTMLElement {
  return el(
    'footer',
    {},
    `Made by ringfence ${version}. What policies mean, and what the kernel is told, comes from one compiled form; this page asks nobody for anything.`,
  );
}

function sizeText({ points, sides }: World): string {
  const workloads = points.filter(({ endpoint }) => endpoint.kind === 'pods').length;
  const { policies, pods } = sides.after.cluster;
  return `${counted(workloads, 'workload')}, ${counted(pods.length, 'pod')}, ${counted(policies.length, 'policy', 'policies')}`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/** Pairs of ends by kind, on the side that a view draws. */
function countsOf(world: World, view: View): ReadonlyMap<Kind, number> {
  const { classes, codes } = sideOfView(world, view);
  const byCode = new Uint32Array(classes.length);
  for (const code of codes) byCode[code] = (byCode[code] ?? 0) + 1;
  const counts = new Map<Kind, number>();
  for (const [code, { state }] of classes.entries())
    counts.set(state, (counts.get(state) ?? 0) + (byCode[code] ?? 0));
  if (view === 'change' && world.changes !== undefined) {
    counts.set('opened', world.changes.opened.size);
    counts.set('closed', world.changes.closed.size);
  }
  return counts;
}

/** A point by its name, or by that of one of its pods. */
function pointNamed({ points }: World, wanted: string): number | undefined {
  const at = points.findIndex(
    ({ id, endpoint }) =>
      id === wanted || (endpoint.kind === 'pods' && endpoint.pods.some((pod) => podKey(pod) === wanted)),
  );
  return at < 0 ? undefined : at;
}
