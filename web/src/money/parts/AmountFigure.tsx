import { type Money, useFormats } from '../../ui/format';
import classes from './parts.module.css';

/** An amount as the figure of a tile: on one line, however narrow the tile. */
export function AmountFigure({ value }: { value: Money }) {
  const { money } = useFormats();
  return <span className={classes.figure}>{money(value)}</span>;
}
