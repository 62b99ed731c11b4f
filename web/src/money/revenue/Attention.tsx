import { IconAlertTriangle, IconChevronRight, IconFileInvoice, IconHelpCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { LinkText } from '../../shell/links';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { Panel } from '../../ui/Panel';
import type { Revenue } from '../billing';
import type { Summary } from '../types';
import classes from './Attention.module.css';

interface AttentionProps {
  summaries: readonly Summary[];
  revenues: readonly Revenue[];
}

/** What somebody should look at now; nothing at all when there is nothing. */
export function Attention({ summaries, revenues }: AttentionProps) {
  const { t } = useTranslation('money');
  const { slug } = useBusiness();
  const { money, list } = useFormats();
  const amounts = <Item extends { currency: string }>(items: readonly Item[], of: (item: Item) => number) =>
    items.filter((item) => of(item) > 0).map((item) => money({ minor: of(item), currency: item.currency }));
  const unknown = amounts(summaries, (one) => one.unknown);
  const disputed = amounts(summaries, (one) => one.disputed);
  const overdue = amounts(revenues, (one) => one.overdue);
  if (unknown.length + disputed.length + overdue.length === 0) return null;
  return (
    <Panel title={t('attention.title')}>
      <ul className={classes.list}>
        {unknown.length > 0 && (
          <Entry icon={<IconHelpCircle aria-hidden="true" />} tone="warn" text={t('attention.unknownText')}>
            <LinkText
              className={classes.link ?? ''}
              to="/console/$slug/money/payments"
              params={{ slug }}
              search={{ status: 'unknown' }}
            >
              {t('attention.unknown', { amount: list(unknown) })}
            </LinkText>
          </Entry>
        )}
        {disputed.length > 0 && (
          <Entry
            icon={<IconAlertTriangle aria-hidden="true" />}
            tone="bad"
            text={t('attention.disputedText')}
          >
            <LinkText className={classes.link ?? ''} to="/console/$slug/money/disputes" params={{ slug }}>
              {t('attention.disputed', { amount: list(disputed) })}
            </LinkText>
          </Entry>
        )}
        {overdue.length > 0 && (
          <Entry icon={<IconFileInvoice aria-hidden="true" />} tone="warn" text={t('attention.overdueText')}>
            <LinkText
              className={classes.link ?? ''}
              to="/console/$slug/money/invoices"
              params={{ slug }}
              search={{ overdue: true }}
            >
              {t('attention.overdue', { amount: list(overdue) })}
            </LinkText>
          </Entry>
        )}
      </ul>
    </Panel>
  );
}

interface EntryProps {
  icon: ReactNode;
  tone: 'warn' | 'bad';
  text: string;
  children: ReactNode;
}

function Entry({ icon, tone, text, children }: EntryProps) {
  return (
    <li className={classes.entry} data-tone={tone}>
      <span className={classes.icon}>{icon}</span>
      <div className={classes.text}>
        {children}
        <div className={classes.hint}>{text}</div>
      </div>
      <IconChevronRight size={18} aria-hidden="true" className={classes.go} />
    </li>
  );
}
