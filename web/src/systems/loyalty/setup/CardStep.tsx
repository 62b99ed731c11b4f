import { Button, Group, Skeleton, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Program, Tenant } from '../../../api';
import { loyaltyListProgramsOptions } from '../../../api/@tanstack/react-query.gen';
import { tenantHeader } from '../../../shell/session';
import { FormError } from '../../../ui/FormError';
import { Loaded } from '../../../ui/Loaded';
import { useChangeProgram, useOpenProgram } from '../programs/commands';
import { ProgramFields } from '../programs/ProgramFields';
import { ProgramPreview } from '../programs/ProgramPreview';
import { Templates } from '../programs/Templates';
import { useProgramForm } from '../programs/useProgramForm';
import { changeOf, isChanged, NEW_PROGRAM, newOf, valuesOf } from '../programs/values';
import { Desk } from './Desk';
import { draftOf, forgetDraft, keepDraft } from './draft';

interface CardStepProps {
  tenant: Tenant;
  onBack: () => void;
  onDone: () => void;
}

const PART = 'card';

/** What the business promises. Whoever comes back here changes the program that is open already. */
export function CardStep(props: CardStepProps) {
  const headers = tenantHeader(props.tenant.id);
  const programs = useQuery(loyaltyListProgramsOptions({ headers }));
  return (
    <Loaded query={programs} skeleton={<Skeleton height={420} radius="lg" />}>
      {(found) => <Card {...props} program={found.find(({ status }) => status === 'active')} />}
    </Loaded>
  );
}

function Card({ tenant, program, onBack, onDone }: CardStepProps & { program: Program | undefined }) {
  const { t } = useTranslation(['programs', 'ui']);
  const headers = tenantHeader(tenant.id);
  const { form, problem, refused, forget } = useProgramForm({
    initialValues: draftOf(tenant.id, PART, program === undefined ? NEW_PROGRAM : valuesOf(program)),
    onValuesChange: (values) => keepDraft(tenant.id, PART, values),
  });
  const done = () => {
    forgetDraft(tenant.id, PART);
    onDone();
  };
  const open = useOpenProgram({ headers, onError: refused, onSuccess: done });
  const change = useChangeProgram({ headers, onError: refused, onSuccess: done });
  const submit = form.onSubmit((values) => {
    forget();
    if (program === undefined) open.mutate(newOf(values));
    else if (isChanged(values, program)) change.mutate({ id: program.id, ...changeOf(values, program) });
    else done();
  });
  return (
    <Desk label={t('preview')} preview={<ProgramPreview values={form.values} business={tenant} />}>
      <form noValidate onSubmit={submit}>
        <Stack gap="lg">
          <FormError problem={problem} />
          <Templates onChoose={(values) => form.setValues(values)} />
          <ProgramFields form={form} />
          <Group gap="sm">
            <Button type="submit" size="md" loading={open.isPending || change.isPending}>
              {t('setup.next')}
            </Button>
            <Button variant="default" size="md" onClick={onBack}>
              {t('ui:back')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Desk>
  );
}
