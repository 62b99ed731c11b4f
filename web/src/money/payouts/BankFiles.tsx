import { List as Bullets, Button, Group, Text, TextInput } from '@mantine/core';
import { IconDownload, IconFilePlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type File as BankFile, payoutsCreateFile, payoutsShowFileContent } from '../../api';
import { payoutsListFilesOptions } from '../../api/@tanstack/react-query.gen';
import { useCommand } from '../../queries';
import { useBusiness } from '../../shell/session';
import { FormError } from '../../ui/FormError';
import { useFormats } from '../../ui/format';
import { Panel } from '../../ui/Panel';
import { useNotice } from '../../ui/useNotice';

/** Files that somebody takes to the bank; each payout is in one, for ever. */
export function BankFiles({ onMade }: { onMade: () => Promise<unknown> }) {
  const { t } = useTranslation('payouts');
  const { headers, may, timezone, currency, name } = useBusiness();
  const { money, moment, count } = useFormats({ timezone });
  const notice = useNotice();
  const [iban, setIban] = useState('');
  const files = useQuery(payoutsListFilesOptions({ headers, query: { limit: 20 } }));
  const make = useCommand({
    send: (format: 'pain.001' | 'csv', attempt) =>
      payoutsCreateFile({ headers: { ...headers, ...attempt.headers }, body: { currency, format } }),
    onSuccess: async ({ number }) => {
      notice(t('files.made', { number }));
      await Promise.all([files.refetch(), onMade()]);
    },
  });
  const fetchFile = useCommand({
    send: ({ id }: BankFile) =>
      payoutsShowFileContent({
        headers,
        path: { file_id: id },
        query: { holder: name, iban },
        parseAs: 'blob',
      }) as unknown as Promise<{ data: Blob }>,
    onSuccess: (content, { number, format }) => {
      const address = URL.createObjectURL(content);
      const link = document.createElement('a');
      link.href = address;
      link.download = `payouts-${String(number).padStart(6, '0')}.${format === 'csv' ? 'csv' : 'xml'}`;
      link.click();
      URL.revokeObjectURL(address);
    },
  });
  if (!may('payouts.approve')) return null;
  return (
    <Panel
      title={t('files')}
      description={t('files.description')}
      actions={
        <>
          <Button
            variant="default"
            leftSection={<IconFilePlus size={18} aria-hidden="true" />}
            loading={make.isPending}
            onClick={() => make.mutate('pain.001')}
          >
            {t('files.makeXml')}
          </Button>
          <Button variant="default" loading={make.isPending} onClick={() => make.mutate('csv')}>
            {t('files.makeCsv')}
          </Button>
        </>
      }
    >
      <FormError problem={make.error ?? fetchFile.error} />
      {files.data !== undefined && files.data.items.length > 0 ? (
        <>
          <TextInput
            label={t('files.iban')}
            description={t('files.ibanText')}
            value={iban}
            onChange={(event) => setIban(event.currentTarget.value)}
            mb="md"
            maw={420}
          />
          <Bullets spacing="xs" listStyleType="none">
            {files.data.items.map((file) => (
              <Bullets.Item key={file.id}>
                <Group gap="sm">
                  <Text>
                    {t('files.line', {
                      number: file.number,
                      count: file.payouts,
                      payouts: count(file.payouts),
                      total: money(file.total),
                      at: moment(file.created_at),
                    })}
                  </Text>
                  <Button
                    size="compact-sm"
                    variant="subtle"
                    leftSection={<IconDownload size={16} aria-hidden="true" />}
                    onClick={() => fetchFile.mutate(file)}
                  >
                    {t('files.download')}
                  </Button>
                </Group>
              </Bullets.Item>
            ))}
          </Bullets>
        </>
      ) : (
        <Text c="dimmed">{t('files.none')}</Text>
      )}
    </Panel>
  );
}
