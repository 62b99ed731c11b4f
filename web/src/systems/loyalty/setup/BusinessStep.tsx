import { Button, Group, MultiSelect, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Tenant } from '../../../api';
import { LANGUAGES } from '../../../i18n';
import { useCommand } from '../../../queries';
import { countriesIn, currenciesIn, languagesIn, timezones } from '../../../shell/settings/places';
import { FormError } from '../../../ui/FormError';
import { useProblemForm } from '../../../ui/useProblemForm';
import { ProgramPreview } from '../programs/ProgramPreview';
import { NEW_PROGRAM } from '../programs/values';
import { AccentField } from './AccentField';
import { Desk } from './Desk';
import { draftOf, forgetDraft, keepDraft } from './draft';
import { guessPlace, movedTo } from './guess';
import { LogoField } from './LogoField';
import { type BusinessValues, openBusiness, valuesOf } from './openBusiness';

interface BusinessStepProps {
  id: string;
  /** The business, where it is open already. */
  tenant: Tenant | undefined;
  /** A colour was chosen, and is not sent yet. */
  onAccent: (accent: string) => void;
  onDone: (tenant: Tenant) => Promise<void>;
}

const PART = 'business';

/** Who the business is: the one step that opens it. */
export function BusinessStep({ id, tenant, onAccent, onDone }: BusinessStepProps) {
  const { t, i18n } = useTranslation('programs');
  const [logo, setLogo] = useState<Blob | null>(null);
  const [placing, { open: showPlace }] = useDisclosure(false);
  const { form, problem, refused, forget } = useProblemForm<BusinessValues>({
    initialValues: draftOf(
      id,
      PART,
      tenant === undefined
        ? { name: '', ...guessPlace(), languages: [i18n.language], phone: '', accent: '' }
        : valuesOf(tenant),
    ),
    onValuesChange: (values) => keepDraft(id, PART, values),
    validate: {
      name: (typed) => (typed.trim() === '' ? t('business.nameMissing') : null),
      languages: (chosen) => (chosen.length === 0 ? t('business.languageMissing') : null),
    },
  });
  const open = useCommand({
    send: openBusiness,
    onError: refused,
    onSuccess: async (opened) => {
      forgetDraft(id, PART);
      await onDone(opened);
    },
  });
  const submit = form.onSubmit((values) => {
    forget();
    open.mutate({ id, values, tenant, logo });
  });
  const { name, accent, country, currency, timezone } = form.values;
  useEffect(() => onAccent(accent), [onAccent, accent]);
  const shown = useLogo(logo, tenant?.logo_url ?? null);
  return (
    <Desk
      label={t('preview')}
      preview={
        <ProgramPreview values={NEW_PROGRAM} business={{ name, accent: accent || null, logo_url: shown }} />
      }
    >
      <form noValidate onSubmit={submit}>
        <Stack gap="lg">
          <FormError problem={problem} />
          <TextInput
            size="md"
            label={t('business.name')}
            description={t('business.nameHint')}
            placeholder={t('preview.business')}
            autoComplete="organization"
            maxLength={255}
            {...form.getInputProps('name')}
          />
          <LogoField business={name} url={shown} onChoose={setLogo} />
          <AccentField value={accent} onChange={(chosen) => form.setFieldValue('accent', chosen)} />
          {placing ? (
            <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
              <Select
                label={t('business.country')}
                searchable
                allowDeselect={false}
                data={countriesIn(i18n.language, country)}
                {...form.getInputProps('country')}
                onChange={(chosen) =>
                  chosen !== null && form.setValues({ ...movedTo(chosen, { country, currency, timezone }) })
                }
              />
              <Select
                label={t('business.currency')}
                searchable
                allowDeselect={false}
                data={currenciesIn(i18n.language, currency)}
                {...form.getInputProps('currency')}
              />
              <Select
                label={t('business.timezone')}
                searchable
                allowDeselect={false}
                data={timezones(timezone)}
                {...form.getInputProps('timezone')}
              />
              <MultiSelect
                label={t('business.languages')}
                description={t('business.languagesHint')}
                searchable
                data={languagesIn(i18n.language, [...form.values.languages, ...Object.keys(LANGUAGES)])}
                {...form.getInputProps('languages')}
              />
              <TextInput
                type="tel"
                label={t('business.phone')}
                description={t('business.phoneHint')}
                placeholder="+51 987 654 321"
                autoComplete="tel"
                {...form.getInputProps('phone')}
              />
            </SimpleGrid>
          ) : (
            <Place values={form.values} onChange={showPlace} />
          )}
          <Group>
            <Button type="submit" size="md" loading={open.isPending}>
              {t('setup.next')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Desk>
  );
}

/** What was guessed, in a line; most owners only read it. */
function Place({ values, onChange }: { values: BusinessValues; onChange: () => void }) {
  const { t, i18n } = useTranslation('programs');
  const named = (type: 'region' | 'language', code: string) =>
    new Intl.DisplayNames([i18n.language], { type, fallback: 'code' }).of(code) ?? code;
  const parts = [
    named('region', values.country),
    values.currency,
    values.timezone.replaceAll('_', ' '),
    values.languages.map((language) => named('language', language)).join(', '),
    values.phone,
  ];
  return (
    <div>
      <Text size="sm" fw={600}>
        {t('business.place')}
      </Text>
      <Group gap="sm" mt={4}>
        <Text>{parts.filter((part) => part !== '').join(' · ')}</Text>
        <Button variant="subtle" size="xs" onClick={onChange}>
          {t('business.changePlace')}
        </Button>
      </Group>
    </div>
  );
}

/** The picture just chosen, as an address that an image can show; else the one that is there. */
function useLogo(chosen: Blob | null, there: string | null): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (chosen === null) return setUrl(null);
    const made = URL.createObjectURL(chosen);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [chosen]);
  return url ?? there;
}
