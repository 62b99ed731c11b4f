import { Switch, Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useProblemForm } from '../../ui/useProblemForm';
import type { Plan } from '../billing';
import { Sheet, SheetForm } from '../parts/Sheet';
import { useChangePlan } from './commands';

interface EditDialogProps {
  plan: Plan;
  opened: boolean;
  onClose: () => void;
}

/** What a plan is called and what customers may do with it; none of it was promised to anybody. */
export function EditDialog({ plan, opened, onClose }: EditDialogProps) {
  const { t } = useTranslation('money');
  return (
    <Sheet opened={opened} onClose={onClose} title={t('plan.editTitle', { plan: plan.name })}>
      <EditForm plan={plan} onClose={onClose} />
    </Sheet>
  );
}

function EditForm({ plan, onClose }: Omit<EditDialogProps, 'opened'>) {
  const { t } = useTranslation('money');
  const change = useChangePlan(plan.id);
  const { form, problem, refused, forget } = useProblemForm({
    initialValues: {
      name: plan.name,
      description: plan.description ?? '',
      public: plan.public,
      pausable: plan.pausable,
    },
    validate: { name: (value) => (value.trim() === '' ? t('plan.nameMissing') : null) },
  });
  return (
    <SheetForm
      onSubmit={form.onSubmit(({ description, ...values }) => {
        forget();
        change.mutate(
          { ...values, description: description.trim() || null },
          { onSuccess: onClose, onError: refused },
        );
      })}
      onClose={onClose}
      problem={problem}
      busy={change.isPending}
      disabled={!form.isDirty()}
      deed={t('plan.editDeed')}
    >
      <TextInput
        label={t('plan.name')}
        maxLength={100}
        withAsterisk
        data-autofocus
        {...form.getInputProps('name')}
      />
      <Textarea
        label={t('plan.description')}
        autosize
        maxLength={1000}
        {...form.getInputProps('description')}
      />
      <Switch label={t('plan.public')} {...form.getInputProps('public', { type: 'checkbox' })} />
      <Switch label={t('plan.pausable')} {...form.getInputProps('pausable', { type: 'checkbox' })} />
    </SheetForm>
  );
}
