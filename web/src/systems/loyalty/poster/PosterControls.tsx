import { SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Program } from '../../../api';
import { isLanguage, LANGUAGES, type Language } from '../../../i18n';
import { LOOKS, type Look, MOST_HEADLINE, MOST_REWARD, PAPERS, type Paper } from './address';

export interface Choice {
  program: string;
  look: Look;
  paper: Paper;
  language: Language;
  headline: string;
  reward: string;
}

interface PosterControlsProps {
  choice: Choice;
  programs: readonly Program[];
  /** The words that stand on the sheet when none are written. */
  usual: { headline: string; reward: string };
  onChange: (choice: Partial<Choice>) => void;
}

/** How the poster looks, and what it says. */
export function PosterControls({ choice, programs, usual, onChange }: PosterControlsProps) {
  const { t } = useTranslation('programs');
  return (
    <Stack gap="md">
      {programs.length > 1 && (
        <Select
          label={t('poster.program')}
          allowDeselect={false}
          data={programs.map(({ id, name }) => ({ value: id, label: name }))}
          value={choice.program}
          onChange={(program) => program !== null && onChange({ program, reward: '' })}
        />
      )}
      <Segments
        label={t('poster.look')}
        values={LOOKS}
        names={{ calm: t('poster.calm'), bold: t('poster.bold'), plain: t('poster.plain') }}
        value={choice.look}
        onChange={(look) => onChange({ look })}
      />
      <Segments
        label={t('poster.paper')}
        values={PAPERS}
        names={{ A4: 'A4', A5: 'A5' }}
        value={choice.paper}
        onChange={(paper) => onChange({ paper })}
      />
      <Select
        label={t('poster.language')}
        allowDeselect={false}
        data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
        value={choice.language}
        onChange={(language) => isLanguage(language) && onChange({ language })}
      />
      <TextInput
        label={t('poster.headline')}
        placeholder={usual.headline}
        maxLength={MOST_HEADLINE}
        value={choice.headline}
        onChange={(event) => onChange({ headline: event.currentTarget.value })}
      />
      <TextInput
        label={t('poster.reward')}
        description={t('poster.rewardHint')}
        placeholder={usual.reward}
        maxLength={MOST_REWARD}
        value={choice.reward}
        onChange={(event) => onChange({ reward: event.currentTarget.value })}
      />
    </Stack>
  );
}

interface SegmentsProps<Value extends string> {
  label: string;
  values: readonly Value[];
  names: Record<Value, string>;
  value: Value;
  onChange: (value: Value) => void;
}

function Segments<Value extends string>({ label, values, names, value, onChange }: SegmentsProps<Value>) {
  return (
    <div>
      <Text size="sm" fw={600} mb={4} aria-hidden="true">
        {label}
      </Text>
      <SegmentedControl
        fullWidth
        aria-label={label}
        data={values.map((one) => ({ value: one, label: names[one] }))}
        value={value}
        onChange={(chosen) => onChange(chosen as Value)}
      />
    </div>
  );
}
