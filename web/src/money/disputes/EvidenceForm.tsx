import { Alert, Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { IconClockExclamation } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { paymentsSubmitEvidence } from '../../api';
import { paymentsShowDisputeQueryKey } from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import { Panel } from '../../ui/Panel';
import { useNotice } from '../../ui/useNotice';
import { useProblemForm } from '../../ui/useProblemForm';
import type { Dispute } from '../types';

/** What speaks for the business, with the date until which it counts. */
export function EvidenceForm({ dispute }: { dispute: Dispute }) {
  const { t } = useTranslation('money');
  const { headers, timezone } = useBusiness();
  const { moment, ago } = useFormats({ timezone });
  const client = useQueryClient();
  const notice = useNotice();
  const { form, problem, refused, forget } = useProblemForm({
    mode: 'uncontrolled',
    initialValues: {
      explanation: dispute.evidence?.explanation ?? '',
      customer_communication: dispute.evidence?.customer_communication ?? '',
      service_date: dispute.evidence?.service_date ?? '',
    },
    validate: { explanation: (value) => (value.trim() === '' ? t('evidence.explanationMissing') : null) },
  });
  const submit = useCommand({
    send: (values: ReturnType<typeof form.getValues>) =>
      paymentsSubmitEvidence({
        headers,
        path: { dispute_id: dispute.id },
        body: {
          explanation: values.explanation.trim(),
          ...(values.customer_communication.trim() && {
            customer_communication: values.customer_communication.trim(),
          }),
          ...(values.service_date && { service_date: values.service_date }),
        },
      }),
    onSuccess: async () => {
      notice(t('evidence.done'));
      await client.invalidateQueries({
        queryKey: paymentsShowDisputeQueryKey({ headers, path: { dispute_id: dispute.id } }),
      });
    },
    onError: refused,
  });
  return (
    <Panel title={t('evidence.title')} description={t('evidence.description')}>
      <form
        noValidate
        onSubmit={form.onSubmit((values) => {
          forget();
          submit.mutate(values);
        })}
      >
        <Stack gap="md">
          {dispute.due_at !== null && (
            <Alert variant="light" color="yellow" icon={<IconClockExclamation aria-hidden="true" />}>
              <Text size="sm">
                {t('evidence.due', { moment: moment(dispute.due_at), ago: ago(dispute.due_at) })}
              </Text>
            </Alert>
          )}
          <FormError problem={problem} />
          <Textarea
            label={t('evidence.explanation')}
            description={t('evidence.explanationHint')}
            autosize
            minRows={4}
            maxLength={10_000}
            withAsterisk
            key={form.key('explanation')}
            {...form.getInputProps('explanation')}
          />
          <Textarea
            label={t('evidence.messages')}
            description={t('evidence.messagesHint')}
            autosize
            minRows={3}
            maxLength={10_000}
            key={form.key('customer_communication')}
            {...form.getInputProps('customer_communication')}
          />
          <TextInput
            label={t('evidence.day')}
            type="date"
            w="12rem"
            key={form.key('service_date')}
            {...form.getInputProps('service_date')}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={submit.isPending}>
              {t('evidence.send')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
