import { Group, NumberInput, Select, SimpleGrid, Slider, Stack, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../../../ui/format';
import classes from './ProgramFields.module.css';
import { FEWEST_STAMPS, GAPS, MOST_STAMPS, type ProgramValues, VALIDITIES, withChosen } from './values';

const DAY = 86_400;
const MARKS = [5, 10, 20, 30, 40, 50];

/** What is typed into a field of figures; not a number while it is empty. */
const figure = (typed: number | string) => (typed === '' ? Number.NaN : Number(typed));
const shown = (value: number) => (Number.isNaN(value) ? '' : value);

/** What a program promises: its name, so many stamps, the reward, and the rules around it. */
export function ProgramFields({ form }: { form: UseFormReturnType<ProgramValues> }) {
  const { t } = useTranslation('programs');
  const { duration, count } = useFormats();
  const { stamps_required, stamp_gap_seconds, reward_valid_days, inactivity_days } = form.values;
  return (
    <Stack gap="md">
      <TextInput
        label={t('program.name')}
        description={t('program.nameHint')}
        placeholder={t('program.namePlaceholder')}
        maxLength={255}
        {...form.getInputProps('name')}
      />
      <div>
        <Group align="flex-end" gap="md" wrap="nowrap">
          <NumberInput
            label={t('program.stamps')}
            min={FEWEST_STAMPS}
            max={MOST_STAMPS}
            allowDecimal={false}
            clampBehavior="none"
            w={110}
            className={classes.figure}
            {...form.getInputProps('stamps_required')}
            value={shown(stamps_required)}
            onChange={(typed) => form.setFieldValue('stamps_required', figure(typed))}
            error={form.errors.stamps_required !== undefined}
            aria-describedby={form.errors.stamps_required === undefined ? undefined : 'stamps-wrong'}
          />
          <Slider
            className={classes.slider}
            thumbLabel={t('program.stamps')}
            min={FEWEST_STAMPS}
            max={MOST_STAMPS}
            label={null}
            marks={MARKS.map((value) => ({ value, label: count(value) }))}
            value={Number.isNaN(stamps_required) ? FEWEST_STAMPS : stamps_required}
            onChange={(value) => form.setFieldValue('stamps_required', value)}
          />
        </Group>
        {form.errors.stamps_required !== undefined && (
          <p id="stamps-wrong" className={classes.error}>
            {form.errors.stamps_required}
          </p>
        )}
      </div>
      <TextInput
        label={t('program.reward')}
        description={t('program.rewardHint')}
        placeholder={t('program.rewardPlaceholder')}
        maxLength={255}
        {...form.getInputProps('reward')}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
        <Select
          label={t('program.gap')}
          description={t('program.gapHint')}
          allowDeselect={false}
          data={withChosen(GAPS, stamp_gap_seconds).map((seconds) => ({
            value: String(seconds),
            label: seconds === 0 ? t('program.gapNone') : duration(seconds),
          }))}
          {...form.getInputProps('stamp_gap_seconds')}
          value={String(stamp_gap_seconds)}
          onChange={(chosen) => form.setFieldValue('stamp_gap_seconds', Number(chosen ?? 0))}
        />
        <Select
          label={t('program.validity')}
          description={t('program.validityHint')}
          allowDeselect={false}
          data={withChosen(VALIDITIES, reward_valid_days).map((days) => ({
            value: String(days),
            label: days === 0 ? t('program.validityNone') : duration(days * DAY),
          }))}
          {...form.getInputProps('reward_valid_days')}
          value={String(reward_valid_days)}
          onChange={(chosen) => form.setFieldValue('reward_valid_days', Number(chosen ?? 0))}
        />
      </SimpleGrid>
      <NumberInput
        label={t('program.inactivity')}
        description={t('program.inactivityHint')}
        min={1}
        max={3650}
        allowDecimal={false}
        clampBehavior="none"
        maw={360}
        {...form.getInputProps('inactivity_days')}
        value={shown(inactivity_days)}
        onChange={(typed) => form.setFieldValue('inactivity_days', figure(typed))}
      />
    </Stack>
  );
}
