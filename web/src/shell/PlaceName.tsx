import type { Me } from '../api';
import classes from './PlaceName.module.css';
import { useRoleName } from './roles';

/** A business that somebody works for, and as what. */
export function PlaceName({ place }: { place: Me['businesses'][number] }) {
  const role = useRoleName();
  return (
    <span className={classes.names}>
      <span className={classes.name}>{place.name}</span>
      <span className={classes.role}>{role(place)}</span>
    </span>
  );
}
