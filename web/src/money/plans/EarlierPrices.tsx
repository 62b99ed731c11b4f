import { Button, Collapse, Skeleton, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { Loaded } from '../../ui/Loaded';
import type { Plan } from '../billing';
import classes from '../parts/parts.module.css';
import { useHistory } from './commands';
import { usePriceWords } from './words';

/** What a plan cost before, until when, and how many still have it; asked for when somebody wants to see it. */
export function EarlierPrices({ plan }: { plan: Plan }) {
  const { t } = useTranslation('money');
  const [opened, { toggle }] = useDisclosure(false);
  const id = useId();
  const Chevron = opened ? IconChevronUp : IconChevronDown;
  return (
    <div>
      <Button
        variant="subtle"
        size="xs"
        px="xs"
        ml="calc(var(--mantine-spacing-xs) * -1)"
        aria-expanded={opened}
        aria-controls={id}
        rightSection={<Chevron size={16} aria-hidden="true" />}
        onClick={toggle}
      >
        {t('earlier.label')}
      </Button>
      <Collapse id={id} expanded={opened}>
        {opened && <Earlier plan={plan} />}
      </Collapse>
    </div>
  );
}

function Earlier({ plan }: { plan: Plan }) {
  const { t } = useTranslation('money');
  const { timezone } = useBusiness();
  const { day } = useFormats({ timezone });
  const words = usePriceWords();
  const history = useQuery(useHistory(plan.id));
  const retired = ({ retired_at }: { retired_at: string | null }) => retired_at !== null;
  return (
    <Loaded
      query={history}
      skeleton={<Skeleton height={48} radius="md" />}
      isEmpty={({ prices }) => !prices.some(retired)}
      empty={
        <Text size="sm" c="dimmed">
          {t('earlier.none')}
        </Text>
      }
    >
      {({ prices }) => (
        <ul className={classes.rows} aria-label={t('earlier.label')}>
          {prices.filter(retired).map((price) => (
            <li key={price.id} className={classes.row}>
              <div className={classes.rowText}>
                <div>{price.label}</div>
                <div className={classes.faint}>{words(price, plan)}</div>
              </div>
              <div className={classes.faint}>
                {price.retired_at !== null && t('earlier.until', { day: day(price.retired_at) })}
                {' · '}
                {price.subscriptions === 0
                  ? t('earlier.nobody')
                  : t('earlier.have', { count: price.subscriptions })}
              </div>
            </li>
          ))}
        </ul>
      )}
    </Loaded>
  );
}
