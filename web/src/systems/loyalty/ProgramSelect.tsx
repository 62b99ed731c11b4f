import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { loyaltyListProgramsOptions } from '../../api/@tanstack/react-query.gen';
import { useBusiness } from '../../shell/session';

interface ProgramSelectProps {
  value: string | undefined;
  onChange: (program: string | undefined) => void;
}

/** Of which program something is shown; nothing to choose where there is only one. */
export function ProgramSelect({ value, onChange }: ProgramSelectProps) {
  const { t } = useTranslation('loyalty');
  const { headers } = useBusiness();
  const { data: programs = [] } = useQuery(loyaltyListProgramsOptions({ headers }));
  if (programs.length < 2) return null;
  return (
    <NativeSelect
      aria-label={t('program.label')}
      value={value ?? ''}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
      data={[
        { value: '', label: t('program.all') },
        ...programs.map(({ id, name }) => ({ value: id, label: name })),
      ]}
    />
  );
}
