import { Button, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconClockOff, IconExternalLink, IconLinkOff, IconLock } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../../client';
import { useCommand } from '../../queries';
import { InFrame } from '../../shell/Framed';
import { PublicFrame } from '../../shell/PublicFrame';
import { Brand } from '../../ui/Brand';
import { Empty } from '../../ui/Empty';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import { ProblemNotice } from '../../ui/ProblemNotice';
import { useAccent } from './accent';
import { Lines } from './Lines';
import { type Bill, type LinkView, openCheckout } from './link';
import classes from './PayPage.module.css';
import { ReceiptSlip } from './ReceiptSlip';
import type { Standing } from './standing';
import { Told } from './Told';
import { useLink } from './useLink';

const route = getRouteApi('/pay/$token');
/** In which the button that leads to the provider is shown. */
const OPEN: ReadonlySet<Standing> = new Set(['payable', 'confirm', 'declined', 'left']);

/** Where somebody pays one thing by a link, without signing in, and sees what became of it. */
export function PayPage() {
  return (
    <PublicFrame narrow>
      <InFrame value={true}>
        <Paying />
      </InFrame>
    </PublicFrame>
  );
}

function Paying() {
  const { t } = useTranslation('pay');
  const { token } = route.useParams();
  const { returned = false } = route.useSearch();
  const { query, standing, enough, askAgain } = useLink(token, returned);
  const view = query.data?.view;
  const business = view?.business ?? null;
  useAccent(business?.accent);
  useDocumentTitle(business === null ? t('title.short') : t('title', { business: business.name }));
  if (view === undefined || standing === null) {
    if (query.error === null) return <Coming />;
    const problem = query.error instanceof ApiProblem ? query.error : new ApiProblem({});
    if (problem.status >= 400 && problem.status < 500 && problem.status !== 429)
      return <Gone problem={problem} />;
    return (
      <div className={classes.page}>
        <ProblemNotice problem={problem} onRetry={askAgain} />
      </div>
    );
  }
  return (
    <div className={classes.page}>
      {business !== null && (
        <div className={classes.business} data-screen-only>
          <Brand name={business.name} logoUrl={business.logo_url} size={52} />
          <Text fw={650} size="lg">
            {business.name}
          </Text>
        </div>
      )}
      <div role="status" className={classes.outcome}>
        <Outcome view={view} standing={standing} enough={enough} onAsk={askAgain} asking={query.isFetching} />
      </div>
      {business !== null && view.receipt && (standing === 'paid' || standing === 'refunded') ? (
        <ReceiptSlip
          business={business}
          receipt={view.receipt}
          description={view.description}
          customer={view.customer_name}
          number={view.invoice?.number}
        >
          {view.invoice && <BillLines bill={view.invoice} />}
        </ReceiptSlip>
      ) : (
        <Sheet view={view} standing={standing} token={token} onFailed={askAgain} />
      )}
    </div>
  );
}

function Coming() {
  const { t } = useTranslation('ui');
  return (
    <div className={classes.page} role="status" aria-busy="true" aria-label={t('loading')}>
      <Skeleton height={52} width="60%" />
      <Skeleton height={340} radius="lg" />
    </div>
  );
}

/** A link that is not one, or is none any more. */
function Gone({ problem }: { problem: ApiProblem }) {
  const { t } = useTranslation('pay');
  const expired = problem.code.endsWith('expired');
  const Picture = expired ? IconClockOff : IconLinkOff;
  return (
    <Empty
      icon={<Picture size={44} stroke={1.3} aria-hidden="true" />}
      title={expired ? t('gone.expired') : t('gone.title')}
    >
      {expired ? t('gone.expiredText') : t('gone.text')}
    </Empty>
  );
}

interface OutcomeProps {
  view: LinkView;
  standing: Standing;
  enough: boolean;
  asking: boolean;
  onAsk: () => void;
}

/** What became of it, above everything else; nothing while it is only to be paid. */
function Outcome({ view, standing, enough, asking, onAsk }: OutcomeProps) {
  const { t } = useTranslation('pay');
  const { money } = useFormats();
  const business = view.business?.name ?? '';
  const amount = money(view.receipt?.amount ?? view.amount);
  switch (standing) {
    case 'payable':
      return null;
    case 'confirm':
      return (
        <Told tone="warn" title={t('confirm.title')}>
          {t('confirm.text')}
        </Told>
      );
    case 'declined':
      return (
        <Told tone="bad" title={t('declined.title')}>
          {view.decline_message && <p>{t('declined.reason', { reason: view.decline_message })}</p>}
          <p>{t('declined.text')}</p>
        </Told>
      );
    case 'left':
      return (
        <Told tone="info" title={t('left.title')}>
          {t('left.text')}
        </Told>
      );
    case 'asking':
      return (
        <Told
          tone="info"
          title={enough ? t('asking.long') : t('asking.title')}
          waiting={!enough}
          action={
            enough && (
              <Button variant="default" onClick={onAsk} loading={asking}>
                {t('asking.check')}
              </Button>
            )
          }
        >
          {enough ? t('asking.longText', { business }) : t('asking.text')}
        </Told>
      );
    case 'reserved':
      return (
        <Told tone="good" title={t('reserved.title')}>
          {t('reserved.text', { business, amount })}
        </Told>
      );
    case 'paid':
      return (
        <Told tone="good" title={t('paid.title')}>
          {t('paid.text', { business, amount })}
        </Told>
      );
    case 'refunded':
      return (
        <Told tone="info" title={t('refunded.title')}>
          {t('refunded.text', { business, amount: money(view.receipt?.refunded ?? view.amount) })}
        </Told>
      );
    case 'over':
      return (
        <Told tone="neutral" title={t('over.title')}>
          {view.status === 'expired' ? t('over.expired', { business }) : t('over.text', { business })}
        </Told>
      );
  }
}

interface SheetProps {
  view: LinkView;
  standing: Standing;
  token: string;
  onFailed: () => void;
}

/** What it is for, how much, and the way to the provider's page. */
function Sheet({ view, standing, token, onFailed }: SheetProps) {
  const { t } = useTranslation('pay');
  const { money, day } = useFormats();
  const { invoice, amount } = view;
  const open = useCommand({
    send: (_: undefined, { headers }) => openCheckout(token, headers),
    onSuccess: ({ url }) => window.location.assign(url),
    // Somebody may be paying it already; the page says so.
    onError: onFailed,
  });
  return (
    <section className={classes.sheet} aria-labelledby="what">
      <Stack gap={4}>
        <Title order={1} size="h3" id="what">
          {invoice ? t('invoice', { number: invoice.number }) : view.description}
        </Title>
        <Text c="dimmed" size="sm">
          {view.customer_name && t('for', { name: view.customer_name })}
          {view.customer_name && invoice?.due_on && ' · '}
          {invoice?.due_on && t('due', { day: day(invoice.due_on) })}
        </Text>
        <p className={classes.amount}>{money(amount)}</p>
      </Stack>
      {invoice && <BillLines bill={invoice} {...(view.payable && { open: amount })} />}
      {OPEN.has(standing) && (
        <Stack gap="sm">
          <FormError problem={open.error} />
          <Button
            size="lg"
            fullWidth
            loading={open.isPending || open.isSuccess}
            rightSection={<IconExternalLink size={20} stroke={1.8} aria-hidden="true" />}
            onClick={() => open.mutate(undefined)}
          >
            {standing === 'declined' ? t('again') : t('button', { amount: money(amount) })}
          </Button>
          <Text size="sm" c="dimmed" ta="center">
            <IconLock size={14} stroke={1.8} aria-hidden="true" style={{ verticalAlign: '-2px' }} />{' '}
            {t('safe', { business: view.business?.name ?? '' })}
          </Text>
        </Stack>
      )}
    </section>
  );
}

/** What an invoice is made of; with what is still to be paid, when that is not its sum. */
function BillLines({ bill, open }: { bill: Bill; open?: LinkView['amount'] }) {
  const { t } = useTranslation('pay');
  const lines = bill.lines ?? [];
  const sum = lines.reduce((all, line) => all + line.amount.minor, 0);
  if (lines.length === 0) return null;
  return (
    <Lines
      caption={t('invoice', { number: bill.number })}
      lines={lines.map((line, key) => ({ key, ...line }))}
      sums={
        open !== undefined && sum !== open.minor ? [{ label: t('toPay'), amount: open, total: true }] : []
      }
    />
  );
}
