import {
  Button,
  Fieldset,
  Group,
  MultiSelect,
  Select,
  SimpleGrid,
  Stack,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Tenant } from '../../api';
import { LANGUAGES } from '../../i18n';
import { FormError } from '../../ui/FormError';
import { Panel } from '../../ui/Panel';
import { useProblemForm } from '../../ui/useProblemForm';
import { useBusiness } from '../session';
import { isAddress } from '../signin/address';
import { useChangeTenant } from './changes';
import { countriesIn, currenciesIn, languagesIn, timezones } from './places';

const valuesOf = (tenant: Tenant) => ({
  name: tenant.name,
  email: tenant.email ?? '',
  phone: tenant.phone ?? '',
  tax_id: tenant.tax_id ?? '',
  address: tenant.address ?? '',
  country: tenant.country,
  currency: tenant.currency,
  timezone: tenant.timezone,
  languages: tenant.languages,
});

/** What a business is called, how it is reached, where it is, and what its customers read. */
export function DetailsForm({ tenant }: { tenant: Tenant }) {
  const { t, i18n } = useTranslation('people');
  const { may } = useBusiness();
  const { form, problem, refused, forget } = useProblemForm({
    initialValues: valuesOf(tenant),
    validate: {
      name: (typed) => (typed.trim() === '' ? t('business.nameMissing') : null),
      email: (typed) => (typed.trim() === '' || isAddress(typed) ? null : t('emailMalformed')),
      languages: (chosen) => (chosen.length === 0 ? t('business.languageMissing') : null),
    },
  });
  const change = useChangeTenant({
    onError: refused,
    onSuccess: (changed) => {
      form.setInitialValues(valuesOf(changed));
      form.setValues(valuesOf(changed));
    },
  });
  const submit = form.onSubmit(({ email, phone, tax_id, address, ...typed }) => {
    forget();
    change.mutate({
      ...typed,
      name: typed.name.trim(),
      email: email.trim() || null,
      phone: phone.trim() || null,
      tax_id: tax_id.trim() || null,
      address: address.trim() || null,
    });
  });
  return (
    <Panel title={t('business')} description={t('business.description')}>
      <form noValidate onSubmit={submit}>
        <Fieldset variant="unstyled" m={0} disabled={!may('tenants.manage')}>
          <Stack gap="md">
            <FormError problem={problem} />
            <TextInput
              label={t('business.name')}
              maxLength={255}
              required
              withAsterisk={false}
              {...form.getInputProps('name')}
            />
            <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
              <TextInput type="email" label={t('business.email')} {...form.getInputProps('email')} />
              <TextInput
                type="tel"
                label={t('business.phone')}
                placeholder="+51 1 234 5678"
                {...form.getInputProps('phone')}
              />
              <Textarea
                label={t('business.address')}
                description={t('business.onInvoices')}
                autosize
                minRows={1}
                maxRows={4}
                maxLength={500}
                {...form.getInputProps('address')}
              />
              <TextInput
                label={t('business.taxId')}
                description={t('business.onInvoices')}
                maxLength={40}
                {...form.getInputProps('tax_id')}
              />
              <Select
                label={t('business.country')}
                data={countriesIn(i18n.language, tenant.country)}
                searchable
                allowDeselect={false}
                {...form.getInputProps('country')}
              />
              <Select
                label={t('business.timezone')}
                data={timezones(tenant.timezone)}
                searchable
                allowDeselect={false}
                {...form.getInputProps('timezone')}
              />
            </SimpleGrid>
            <Select
              label={t('business.currency')}
              description={t('business.currencyHint')}
              data={currenciesIn(i18n.language, tenant.currency)}
              searchable
              allowDeselect={false}
              {...form.getInputProps('currency')}
            />
            <MultiSelect
              label={t('business.languages')}
              description={t('business.languagesHint')}
              data={languagesIn(i18n.language, [...tenant.languages, ...Object.keys(LANGUAGES)])}
              searchable
              {...form.getInputProps('languages')}
            />
            <Group>
              <Button type="submit" loading={change.isPending} disabled={!form.isDirty()}>
                {t('save')}
              </Button>
            </Group>
          </Stack>
        </Fieldset>
      </form>
    </Panel>
  );
}
