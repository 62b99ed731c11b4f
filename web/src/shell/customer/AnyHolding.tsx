import { Progress, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Brand } from '../../ui/Brand';
import type { Holding } from '../systems';
import classes from './AnyHolding.module.css';

/** Something that somebody holds, of a kind that no system here draws, or whose business could not be asked. */
export function AnyHolding({ holding }: { holding: Holding }) {
  const { t } = useTranslation();
  const { done, of } = holding;
  return (
    <article className={classes.card}>
      <div className={classes.head}>
        <Brand name={holding.business} logoUrl={holding.logo_url} size={40} />
        <div className={classes.names}>
          <Text size="sm" c="dimmed" truncate>
            {holding.business}
          </Text>
          <Text fw={650}>{holding.title}</Text>
        </div>
      </div>
      {holding.unavailable ? (
        <Text size="sm" c="dimmed">
          {t('home.unavailable')}
        </Text>
      ) : (
        holding.subtitle && <Text size="sm">{holding.subtitle}</Text>
      )}
      {typeof done === 'number' && typeof of === 'number' && of > 0 && (
        <>
          <Progress value={(100 * done) / of} aria-hidden="true" />
          <Text size="sm" data-figures>
            {t('home.progress', { done, of })}
          </Text>
        </>
      )}
    </article>
  );
}
