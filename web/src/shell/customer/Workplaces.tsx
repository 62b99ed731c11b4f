import { IconChevronRight } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Me } from '../../api';
import { Brand } from '../../ui/Brand';
import { workplaces } from '../next';
import { PlaceName } from '../PlaceName';
import classes from './Workplaces.module.css';

/** The businesses that a person works for, each with the way to its console. */
export function Workplaces({ me }: { me: Me }) {
  const { t } = useTranslation();
  return (
    <nav aria-label={t('home.work')}>
      <ul className={classes.list}>
        {workplaces(me).map((place) => (
          <li key={place.tenant}>
            <Link to="/console/$slug" params={{ slug: place.slug }} className={classes.place}>
              <Brand name={place.name} logoUrl={place.logo_url} size={36} />
              <PlaceName place={place} />
              <IconChevronRight size={18} stroke={1.6} aria-hidden="true" />
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
