import { ActionIcon, Menu, Skeleton, Title, VisuallyHidden } from '@mantine/core';
import { IconDots, IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Fragment, type ReactNode, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { holdingsRemoveHolding } from '../../api';
import { useCommand } from '../../queries';
import { type Holding, useSystems } from '../systems';
import { AnyHolding } from './AnyHolding';
import classes from './HoldingList.module.css';

interface HoldingListProps {
  items: readonly Holding[];
  /** Whether they are in an account, from which they can be taken. */
  signedIn: boolean;
}

/** Things that somebody holds, those of a kind together; each kind is drawn by its system, or plainly. */
export function HoldingList({ items, signedIn }: HoldingListProps) {
  const { t, i18n } = useTranslation();
  const drawn = Object.assign({}, ...useSystems().map((system) => system.holdings ?? {}));
  const kinds = [...new Set(items.map((item) => item.kind))];
  return kinds.map((kind) => {
    const Drawn = drawn[kind] ?? AnyHolding;
    const name = i18n.exists(`kind.${kind}`) ? t(`kind.${kind}` as 'kind.loyalty.card') : t('kind.other');
    return (
      <Fragment key={kind}>
        {kinds.length > 1 && (
          <Title order={2} size="h3">
            {name}
          </Title>
        )}
        <ul className={classes.cards} aria-label={name}>
          {items
            .filter((item) => item.kind === kind)
            .map((holding) => (
              <li key={holding.id} className={classes.item}>
                <Suspense fallback={<Skeleton height={210} radius="lg" />}>
                  <Opener holding={holding}>
                    {holding.unavailable ? <AnyHolding holding={holding} /> : <Drawn holding={holding} />}
                  </Opener>
                </Suspense>
                {signedIn && <Remove holding={holding} />}
              </li>
            ))}
        </ul>
      </Fragment>
    );
  });
}

/** The whole card leads to where it is shown, which is a page outside the application's router. */
function Opener({ holding, children }: { holding: Holding; children: ReactNode }) {
  const { t } = useTranslation();
  const { link, done, of } = holding;
  if (!link) return children;
  return (
    <a href={link} className={classes.opener}>
      {children}
      {typeof done === 'number' && typeof of === 'number' && (
        <VisuallyHidden>{t('home.progress', { done, of })}</VisuallyHidden>
      )}
    </a>
  );
}

function Remove({ holding }: { holding: Holding }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const remove = useCommand({
    send: () => holdingsRemoveHolding({ path: { holding_id: holding.id } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['holdings'] }),
  });
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon className={classes.menu} aria-label={t('home.more', { business: holding.business })}>
          <IconDots size={20} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('home.removeHint')}</Menu.Label>
        <Menu.Item
          leftSection={<IconTrash size={18} stroke={1.6} aria-hidden="true" />}
          onClick={() => remove.mutate()}
        >
          {t('home.remove')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
