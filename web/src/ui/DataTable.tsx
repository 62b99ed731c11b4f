import { Table, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import classes from './DataTable.module.css';

export interface Column<Row> {
  key: string;
  header: string;
  cell: (row: Row) => ReactNode;
  align?: 'left' | 'right';
  width?: number | string;
}

interface DataTableProps<Row> {
  columns: ReadonlyArray<Column<Row>>;
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Opens a row; give `rowHref` instead where the row has an address, so that it can open in a new tab. */
  onRow?: (row: Row) => void;
  rowHref?: (row: Row) => string;
  /** What the table lists, for those who hear it. */
  caption: string;
  /** A row as a card, where the screen is too narrow for a table. */
  mobile: (row: Row) => ReactNode;
}

/** Where a row leads: a link or a button that stretches over the whole row. */
function Opener<Row>({
  row,
  onRow,
  rowHref,
  children,
}: Pick<DataTableProps<Row>, 'onRow' | 'rowHref'> & { row: Row; children: ReactNode }) {
  if (rowHref !== undefined)
    return (
      <Link to={rowHref(row)} className={classes.opener}>
        {children}
      </Link>
    );
  if (onRow !== undefined)
    return (
      <UnstyledButton className={classes.opener} onClick={() => onRow(row)}>
        {children}
      </UnstyledButton>
    );
  return children;
}

/** Rows to compare; below 640 pixels every row is a card. */
export function DataTable<Row>({
  columns,
  rows,
  rowKey,
  onRow,
  rowHref,
  caption,
  mobile,
}: DataTableProps<Row>) {
  const narrow = useMediaQuery('(max-width: 40em)', undefined, { getInitialValueInEffect: false });
  const opens = onRow !== undefined || rowHref !== undefined;
  const opening = { ...(onRow && { onRow }), ...(rowHref && { rowHref }) };
  if (narrow)
    return (
      <ul className={classes.cards} aria-label={caption}>
        {rows.map((row) => (
          <li key={rowKey(row)} className={classes.card} data-opens={opens || undefined}>
            <Opener row={row} {...opening}>
              {mobile(row)}
            </Opener>
          </li>
        ))}
      </ul>
    );
  return (
    <div className={classes.scroll}>
      <Table highlightOnHover={opens}>
        <Table.Caption>
          <VisuallyHidden>{caption}</VisuallyHidden>
        </Table.Caption>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column.key} scope="col" ta={column.align ?? 'left'} w={column.width}>
                {column.header}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={rowKey(row)} className={classes.row} data-opens={opens || undefined}>
              {columns.map((column, index) => (
                <Table.Td key={column.key} ta={column.align ?? 'left'}>
                  {index === 0 ? (
                    <Opener row={row} {...opening}>
                      {column.cell(row)}
                    </Opener>
                  ) : (
                    column.cell(row)
                  )}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
