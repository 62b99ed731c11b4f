import { Button, Group, Text, Title } from '@mantine/core';
import { IconArchive, IconArchiveOff, IconPencil, IconPrinter } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Program } from '../../../api';
import { LinkButton } from '../../../shell/links';
import { useBusiness } from '../../../shell/session';
import { ConfirmButton } from '../../../ui/ConfirmButton';
import { useFormats } from '../../../ui/format';
import { StampCard } from '../../../ui/StampCard';
import { StatusBadge } from '../../../ui/StatusBadge';
import { useChangeProgram } from './commands';
import classes from './ProgramTile.module.css';

const DAY = 86_400;

interface ProgramTileProps {
  program: Program;
  onChange: () => void;
}

/** One program: its card, its rules in a line, and what can be done with it. */
export function ProgramTile({ program, onChange }: ProgramTileProps) {
  const { t } = useTranslation('programs');
  const { duration } = useFormats();
  const business = useBusiness();
  const archived = program.status === 'archived';
  const rules = [
    program.stamp_gap_seconds === 0
      ? t('rule.noGap')
      : t('rule.gap', { duration: duration(program.stamp_gap_seconds) }),
    program.reward_valid_days === null
      ? t('rule.noEnd')
      : t('rule.end', { duration: duration(program.reward_valid_days * DAY) }),
  ].join(' · ');
  return (
    <section className={classes.tile} data-archived={archived || undefined}>
      <div className={classes.card} aria-hidden="true">
        <StampCard
          business={business.name}
          program={program.name}
          reward={program.reward}
          stamps={Math.max(1, Math.floor(program.stamps_required * 0.6))}
          required={program.stamps_required}
          logoUrl={business.logo_url}
          accent={business.accent}
        />
      </div>
      <div className={classes.words}>
        <Group gap="sm">
          <Title order={2} size="h3">
            {program.name}
          </Title>
          {archived && <StatusBadge tone="neutral">{t('archived')}</StatusBadge>}
        </Group>
        <Text>{t('rule.promise', { count: program.stamps_required, reward: program.reward })}</Text>
        <Text size="sm" c="dimmed">
          {rules}
        </Text>
        <Group gap="xs" mt="xs">
          {business.may('loyalty.manage') && (
            <Button
              variant="default"
              size="xs"
              leftSection={<IconPencil size={16} aria-hidden="true" />}
              onClick={onChange}
              aria-label={`${t('change')}: ${program.name}`}
            >
              {t('change')}
            </Button>
          )}
          {!archived && (
            <LinkButton
              variant="default"
              size="xs"
              to="/console/$slug/loyalty/poster"
              params={{ slug: business.slug }}
              search={{ program: program.id }}
              leftSection={<IconPrinter size={16} aria-hidden="true" />}
              aria-label={`${t('poster')}: ${program.name}`}
            >
              {t('poster')}
            </LinkButton>
          )}
          {business.may('loyalty.manage') && <Archive program={program} />}
        </Group>
      </div>
    </section>
  );
}

function Archive({ program }: { program: Program }) {
  const { t } = useTranslation('programs');
  const { headers } = useBusiness();
  const change = useChangeProgram({ headers });
  const shared = { size: 'xs', 'aria-haspopup': 'dialog' } as const;
  return program.status === 'archived' ? (
    <ConfirmButton
      {...shared}
      leftSection={<IconArchiveOff size={16} aria-hidden="true" />}
      label={t('bringBack')}
      title={t('bringBack.title', { name: program.name })}
      message={t('bringBack.message')}
      confirm={t('bringBack')}
      onConfirm={() => change.mutateAsync({ id: program.id, status: 'active' })}
    />
  ) : (
    <ConfirmButton
      {...shared}
      danger
      leftSection={<IconArchive size={16} aria-hidden="true" />}
      label={t('archive')}
      title={t('archive.title', { name: program.name })}
      message={t('archive.message')}
      confirm={t('archive.confirm')}
      onConfirm={() => change.mutateAsync({ id: program.id, status: 'archived' })}
    />
  );
}
