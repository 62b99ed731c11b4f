import { VisuallyHidden } from '@mantine/core';
import { type Key, type ReactNode, useId } from 'react';
import { type Money as Amount, useFormats } from '../../ui/format';
import classes from './Lines.module.css';

export interface Line {
  key: Key;
  description: string;
  /** As the business wrote it; one is not worth saying. */
  quantity?: string | number | null | undefined;
  amount: Amount;
  /** Stands below the description. */
  more?: ReactNode;
}

interface LinesProps {
  caption: string;
  lines: readonly Line[];
  /** What stands below the line: tax, discount, what was paid, and last the amount that counts. */
  sums: ReadonlyArray<{ label: string; amount: Amount; total?: boolean }>;
}

/** What an amount is made of. */
export function Lines({ caption, lines, sums }: LinesProps) {
  const { money } = useFormats();
  const id = useId();
  return (
    <table className={classes.lines} aria-labelledby={id}>
      <caption>
        <VisuallyHidden id={id}>{caption}</VisuallyHidden>
      </caption>
      <tbody>
        {lines.map((line) => (
          <tr key={line.key}>
            <th scope="row">
              {line.description}
              {line.quantity && `${line.quantity}` !== '1' && (
                <span className={classes.quantity}> × {line.quantity}</span>
              )}
              {line.more}
            </th>
            <td>{money(line.amount)}</td>
          </tr>
        ))}
      </tbody>
      {sums.length > 0 && (
        <tfoot>
          {sums.map(({ label, amount, total }) => (
            <tr key={label} data-total={total || undefined}>
              <th scope="row">{label}</th>
              <td>{money(amount)}</td>
            </tr>
          ))}
        </tfoot>
      )}
    </table>
  );
}
