import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useBusiness } from '../../shell/session';
import { useFormats } from '../../ui/format';
import { Panel } from '../../ui/Panel';
import { Fact, Facts } from '../parts/Facts';
import type { Dispute } from '../types';

/** What was answered, as the provider has it. */
export function Evidence({ dispute }: { dispute: Dispute }) {
  const { t } = useTranslation('money');
  const { timezone } = useBusiness();
  const { moment, day } = useFormats({ timezone });
  const { evidence, evidence_at } = dispute;
  return (
    <Panel
      title={t('evidence.answer')}
      {...(evidence_at !== null && { description: t('evidence.sent', { moment: moment(evidence_at) }) })}
    >
      {evidence === null ? (
        <Text size="sm" c="dimmed">
          {t('evidence.none')}
        </Text>
      ) : (
        <Facts>
          <Fact label={t('evidence.explanation')}>{evidence.explanation}</Fact>
          {evidence.customer_communication && (
            <Fact label={t('evidence.messages')}>{evidence.customer_communication}</Fact>
          )}
          {evidence.service_date && <Fact label={t('evidence.day')}>{day(evidence.service_date)}</Fact>}
        </Facts>
      )}
    </Panel>
  );
}
