import { Button, Text } from '@mantine/core';
import { IconLink } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { FormError } from '../../ui/FormError';
import { Panel } from '../../ui/Panel';
import { LinkToSend } from '../parts/LinkToSend';
import type { Payment } from '../types';
import { useMakeLink } from './commands';

/** A link with which the payer pays without signing in. */
export function PayLink({ payment }: { payment: Payment }) {
  const { t } = useTranslation('money');
  const make = useMakeLink(payment.id);
  return (
    <Panel title={t('link.title')}>
      <FormError problem={make.error} />
      {make.data === undefined ? (
        <>
          <Text size="sm" c="dimmed" mb="sm">
            {t('link.text')}
          </Text>
          <Button
            leftSection={<IconLink size={18} aria-hidden="true" />}
            loading={make.isPending}
            onClick={() => make.mutate(null)}
          >
            {t('link.make')}
          </Button>
        </>
      ) : (
        <LinkToSend url={make.data.url} expiresAt={make.data.expires_at} />
      )}
    </Panel>
  );
}
