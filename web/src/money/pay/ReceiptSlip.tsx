import { Button, Stack, Text, Title } from '@mantine/core';
import { IconPrinter } from '@tabler/icons-react';
import { type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { Brand } from '../../ui/Brand';
import { useFormats } from '../../ui/format';
import type { LinkBrand, Receipt } from './link';
import { useMethodName } from './methodName';
import classes from './ReceiptSlip.module.css';

interface ReceiptSlipProps {
  business: LinkBrand;
  receipt: Receipt;
  description: string;
  /** Who paid. */
  customer?: string | null | undefined;
  number?: string | null | undefined;
  /** What was paid for in detail. */
  children?: ReactNode;
}

/** A receipt, on screen and on paper. */
export function ReceiptSlip({
  business,
  receipt,
  description,
  customer,
  number,
  children,
}: ReceiptSlipProps) {
  const { t } = useTranslation('pay');
  const { money, moment } = useFormats({ timezone: business.timezone });
  const method = useMethodName();
  const heading = useId();
  const facts = [
    [t('receipt.paidAt'), moment(receipt.paid_at)],
    [
      t('receipt.method'),
      method({ kind: receipt.method_kind, brand: receipt.method_brand, last4: receipt.method_last4 }),
    ],
    ...(number ? [[t('receipt.invoice'), number]] : []),
    ...(customer ? [[t('receipt.customer'), customer]] : []),
    [t('receipt.reference'), receipt.reference],
  ];
  return (
    <Stack gap="md">
      <div className={classes.paper}>
        <section className={classes.slip} aria-labelledby={heading}>
          <Stack gap="md">
            <div className={classes.head}>
              <Brand name={business.name} logoUrl={business.logo_url} size={40} />
              <div>
                <Title order={2} size="h3" id={heading}>
                  {t('receipt.title')}
                </Title>
                <Text size="sm" c="dimmed">
                  {business.name}
                </Text>
              </div>
            </div>
            <hr className={classes.rule} />
            {children ?? (
              <dl className={classes.facts}>
                <div>
                  <dt>{description}</dt>
                  <dd>{money(receipt.amount)}</dd>
                </div>
              </dl>
            )}
            <hr className={classes.rule} />
            <dl className={classes.facts}>
              <div>
                <dt>{t('receipt.paid')}</dt>
                <dd>
                  <strong>{money(receipt.amount)}</strong>
                </dd>
              </div>
              {receipt.refunded.minor > 0 && (
                <div>
                  <dt>{t('receipt.refunded')}</dt>
                  <dd>{money(receipt.refunded)}</dd>
                </div>
              )}
              {facts.map(([label, value]) => (
                <div key={label}>
                  <dt>{label}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          </Stack>
        </section>
      </div>
      <Button
        variant="default"
        leftSection={<IconPrinter size={18} stroke={1.6} aria-hidden="true" />}
        onClick={() => window.print()}
        style={{ alignSelf: 'center' }}
      >
        {t('receipt.print')}
      </Button>
    </Stack>
  );
}
