import { Alert, List } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Program } from '../../../api';
import { useFormats } from '../../../ui/format';
import { changeOf, type ProgramValues } from './values';

/** What the changes mean for cards that are under way, said before they are made. */
export function Consequences({ program, values }: { program: Program; values: ProgramValues }) {
  const { t } = useTranslation('programs');
  const { count } = useFormats();
  const change = changeOf(values, program);
  const said: string[] = [];
  if (Number.isInteger(change.stamps_required)) {
    const wanted = change.stamps_required ?? 0;
    const key = wanted < program.stamps_required ? 'means.fewer' : 'means.more';
    said.push(t(key, { count: wanted, stamps: count(wanted) }));
  }
  if (change.reward) said.push(t('means.reward', { reward: program.reward }));
  if (change.reward_valid_days !== undefined) said.push(t('means.validity'));
  if (change.stamp_gap_seconds !== undefined) said.push(t('means.gap'));
  if (change.inactivity_days) said.push(t('means.inactivity'));
  if (change.name) said.push(t('means.name'));
  return (
    <div aria-live="polite">
      {said.length > 0 && (
        <Alert color="blue" icon={<IconInfoCircle aria-hidden="true" />} title={t('means.title')}>
          {said.length === 1 ? (
            said[0]
          ) : (
            <List size="sm" spacing={4}>
              {said.map((sentence) => (
                <List.Item key={sentence}>{sentence}</List.Item>
              ))}
            </List>
          )}
        </Alert>
      )}
    </div>
  );
}
