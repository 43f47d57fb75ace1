import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { t } from '../texts/t.ts';
import { useKey } from './keys.ts';

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** What to sort by; without it the column isn't sortable. */
  readonly sort?: (row: Row) => string | number;
  /** A share of the width (default 1), or `fit` for what is narrow. */
  readonly width?: number | 'fit';
  readonly align?: 'right';
}

export interface TableProps<Row> {
  /** What the table is of, for those who hear it. */
  readonly label: string;
  /** Undefined: one of a long list that isn't held now (`usePages`). */
  readonly rows: readonly (Row | undefined)[];
  readonly columns: readonly Column<Row>[];
  readonly id: (row: Row) => string;
  /** Opens a row: Enter, or a click. */
  readonly onOpen?: (row: Row) => void;
  /** The row that is open beside the table. */
  readonly openId?: string | undefined;
  /** Told which rows are in sight, by their places. */
  readonly onSee?: (first: number, last: number) => void;
  readonly empty: ReactNode;
  /** Actions by a key on the row that has the focus: `{ a: approve }`. */
  readonly keys?: Readonly<Record<string, (row: Row) => void>>;
}

const ROW_PX = 37;
const OVERSCAN = 12;

/**
 * Rows of equal height, of which only those in sight exist; `j`/`k` or the arrows move, Enter opens. The first column is the row's header.
 */
export function Table<Row>({ label, rows, columns, id, onOpen, openId, onSee, empty, keys = {} }: TableProps<Row>): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [sort, setSort] = useState<{ readonly id: string; readonly down: boolean }>();
  const [current, setCurrent] = useState(() => Math.max(0, rows.findIndex((row) => row !== undefined && id(row) === openId)));
  // What is open, is where one is: the next key goes on from there.
  const touched = useRef(openId !== undefined && openId !== '');
  const sorted = sortRows(rows, columns, sort);
  const virtual = useVirtualizer({ count: sorted.length, getScrollElement: () => box.current, estimateSize: () => ROW_PX, overscan: OVERSCAN });
  const items = virtual.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  const see = useRef(onSee);
  see.current = onSee;
  useEffect(() => see.current?.(first, last), [first, last]);
  useEffect(() => {
    // An open row has an address of its own, and going there makes the table anew: keys go on where they were.
    if (openId !== undefined && document.activeElement === document.body) box.current?.focus({ preventScroll: true });
  }, []);

  const move = (by: number): void => {
    touched.current = true;
    const next = Math.max(0, Math.min(sorted.length - 1, current + by));
    setCurrent(next);
    virtual.scrollToIndex(next);
  };
  const at = (): Row | undefined => sorted[current];
  const enter = (by: number): void => {
    // From wherever one was: from now on the grid has the focus, and Enter opens. The very first key only shows where one is.
    if (touched.current) move(by);
    touched.current = true;
    box.current?.focus({ preventScroll: true });
  };
  useKey('j', t('keys.next'), () => enter(1));
  useKey('k', t('keys.previous'), () => enter(-1));
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== box.current) return;
    const row = at();
    const own = keys[event.key];
    const moves: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12, Home: -sorted.length, End: sorted.length };
    const by = moves[event.key];
    if (by !== undefined) move(by);
    else if (event.key === 'Enter' && row !== undefined) onOpen?.(row);
    else if (own !== undefined && row !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) own(row);
    else return;
    event.preventDefault();
  };
  if (rows.length === 0) return <>{empty}</>;
  const template = columns.map(({ width = 1 }) => (width === 'fit' ? 'minmax(5.5rem, max-content)' : `minmax(0, ${width}fr)`)).join(' ');
  const style = { gridTemplateColumns: template };
  return (
    // The grid itself has the focus and names the row that is meant (ARIA grid pattern): rows come and go while one scrolls.
    <div ref={box} className="table" role="grid" aria-label={label} aria-rowcount={sorted.length + 1} tabIndex={0} onKeyDown={onKeyDown}
      aria-activedescendant={items.some(({ index }) => index === current) ? rowId(label, current) : undefined}>
      <div className="table-head" role="row" aria-rowindex={1} style={style}>
        {columns.map((column) => <Head key={column.id} column={column} sort={sort} onSort={setSort} />)}
      </div>
      <div className="table-rows" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const row = sorted[index];
          if (row === undefined) return <div key={index} className="table-row quiet" style={{ transform: `translateY(${start}px)` }}>…</div>;
          const classes = ['table-row', index === current ? 'table-row-current' : '', openId !== undefined && id(row) === openId ? 'table-row-open' : ''];
          return (
            <div key={id(row)} id={rowId(label, index)} role="row" aria-rowindex={index + 2} aria-selected={index === current}
              className={classes.filter(Boolean).join(' ')} style={{ ...style, transform: `translateY(${start}px)` }} onClick={() => {
                touched.current = true;
                setCurrent(index);
                onOpen?.(row);
              }}>
              {columns.map(({ id: name, cell, align }, place) => (
                <div key={name} role={place === 0 ? 'rowheader' : 'gridcell'} className={align === 'right' ? 'cell cell-right' : 'cell'}>{cell(row)}</div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

type Sort = { readonly id: string; readonly down: boolean } | undefined;

function Head<Row>({ column, sort, onSort }: { readonly column: Column<Row>; readonly sort: Sort; readonly onSort: (sort: Sort) => void }): ReactNode {
  const { id, title, sort: by, align } = column;
  const mine = sort?.id === id ? sort : undefined;
  const order = mine === undefined ? 'none' : mine.down ? 'descending' : 'ascending';
  const className = align === 'right' ? 'cell cell-right' : 'cell';
  if (by === undefined) return <div role="columnheader" className={className}>{title}</div>;
  const next = mine === undefined ? { id, down: false } : mine.down ? undefined : { id, down: true };
  return (
    <div role="columnheader" aria-sort={order} className={className}>
      <button type="button" className="sort" onClick={() => onSort(next)}>
        {title}{mine !== undefined && <span aria-hidden="true">{mine.down ? ' ↓' : ' ↑'}</span>}
      </button>
    </div>
  );
}

function sortRows<Row>(rows: readonly (Row | undefined)[], columns: readonly Column<Row>[], sort: Sort): readonly (Row | undefined)[] {
  const by = columns.find(({ id }) => id === sort?.id)?.sort;
  if (by === undefined) return rows;
  const sign = sort?.down === true ? -1 : 1;
  return rows.filter((row) => row !== undefined).toSorted((a, b) => {
    const [left, right] = [by(a), by(b)];
    return sign * (typeof left === 'number' && typeof right === 'number' ? left - right : String(left).localeCompare(String(right)));
  });
}

function rowId(label: string, index: number): string {
  return `${label.replaceAll(/\W+/g, '-')}-${index}`;
}
