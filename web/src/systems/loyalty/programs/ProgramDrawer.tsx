import { Button, Drawer, Group, Stack } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Program } from '../../../api';
import { useBusiness } from '../../../shell/session';
import { FormError } from '../../../ui/FormError';
import { useNotice } from '../../../ui/useNotice';
import { Consequences } from './Consequences';
import { useChangeProgram, useOpenProgram } from './commands';
import { ProgramFields } from './ProgramFields';
import { ProgramPreview } from './ProgramPreview';
import { Templates } from './Templates';
import { useProgramForm } from './useProgramForm';
import { changeOf, isChanged, NEW_PROGRAM, newOf, valuesOf } from './values';

interface ProgramDrawerProps {
  opened: boolean;
  /** The program to change; a new one when absent. */
  program: Program | undefined;
  onClose: () => void;
}

/** A program beside the list: its card at the top, what it promises below. */
export function ProgramDrawer({ opened, program, onClose }: ProgramDrawerProps) {
  const { t } = useTranslation(['programs', 'ui']);
  // While it slides away it shows what it showed.
  const [shown, setShown] = useState(program);
  if (opened && shown !== program) setShown(program);
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size={560}
      title={shown === undefined ? t('open.title') : t('change.title', { name: shown.name })}
      closeButtonProps={{ 'aria-label': t('ui:close') }}
    >
      <ProgramForm key={shown?.id ?? 'new'} program={shown} onDone={onClose} />
    </Drawer>
  );
}

function ProgramForm({ program, onDone }: { program: Program | undefined; onDone: () => void }) {
  const { t } = useTranslation(['programs', 'ui']);
  const business = useBusiness();
  const notice = useNotice();
  const { form, problem, refused, forget } = useProgramForm({
    initialValues: program === undefined ? NEW_PROGRAM : valuesOf(program),
  });
  const done = (message: string) => () => {
    notice(message);
    onDone();
  };
  const { headers } = business;
  const open = useOpenProgram({ headers, onError: refused, onSuccess: done(t('open.done')) });
  const change = useChangeProgram({ headers, onError: refused, onSuccess: done(t('change.done')) });
  const submit = form.onSubmit((values) => {
    forget();
    if (program === undefined) open.mutate(newOf(values));
    else if (isChanged(values, program)) change.mutate({ id: program.id, ...changeOf(values, program) });
    else onDone();
  });
  return (
    <form noValidate onSubmit={submit}>
      <Stack gap="lg">
        <ProgramPreview values={form.values} business={business} />
        {program === undefined && <Templates onChoose={(values) => form.setValues(values)} />}
        <FormError problem={problem} />
        <ProgramFields form={form} />
        {program !== undefined && <Consequences program={program} values={form.values} />}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onDone}>
            {t('ui:cancel')}
          </Button>
          <Button type="submit" loading={open.isPending || change.isPending}>
            {program === undefined ? t('open.submit') : t('ui:save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
