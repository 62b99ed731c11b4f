import { Anchor, Button, Code, Drawer, Group, Paper, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconMailbox } from '@tabler/icons-react';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import { mailMailbox } from '../api';
import { ApiProblem } from '../client';
import { Ago } from '../ui/Ago';
import { Empty } from '../ui/Empty';
import { Loaded } from '../ui/Loaded';
import classes from './SandboxMailbox.module.css';

const EVERY_MS = 2000;
const LINK = /(https?:\/\/[^\s]*[^\s.,;])/;

/** The mails to an address; null where there is no sandbox, which is in production. */
const mailboxOptions = (to: string) =>
  queryOptions({
    queryKey: ['sandbox', 'mail', to] as const,
    queryFn: async ({ signal }) => {
      try {
        return (await mailMailbox({ query: { to }, signal })).data.items;
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 404) return null;
        throw error;
      }
    },
    staleTime: 0,
    refetchInterval: (query) => (query.state.data === null ? false : EVERY_MS),
  });

/** A mail's text, whose links lead to this browser's own copy of the application. */
function Body({ text }: { text: string }) {
  return (
    <Text size="sm" className={classes.body}>
      {text.split(LINK).map((part, index) => {
        if (!LINK.test(part)) return part;
        const url = new URL(part);
        const here = url.pathname === '/' ? '/sign-in' : url.pathname + url.search;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: The parts of a mail never move.
          <Fragment key={index}>
            <Anchor href={here}>{part}</Anchor>
          </Fragment>
        );
      })}
    </Text>
  );
}

/**
 * Where there is no mail server, the mails that would have been sent: a discreet link, and a drawer. It is there in
 * development and demonstrations only.
 */
export function SandboxMailbox({ to }: { to: string }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure(false);
  const mails = useQuery(mailboxOptions(to));
  if (mails.data === undefined || mails.data === null) return null;
  return (
    <>
      <Button
        variant="subtle"
        color="gray"
        size="compact-sm"
        className={classes.open}
        leftSection={<IconMailbox size={16} stroke={1.6} aria-hidden="true" />}
        onClick={open}
      >
        {t('mailbox.open')}
      </Button>
      <Drawer
        opened={opened}
        onClose={close}
        position="right"
        title={t('mailbox.title', { email: to })}
        closeButtonProps={{ 'aria-label': t('close') }}
      >
        <Stack gap="md">
          <Text size="sm" c="dimmed">
            {t('mailbox.description')}
          </Text>
          <Loaded
            query={mails}
            isEmpty={(items) => items === null || items.length === 0}
            empty={<Empty title={t('mailbox.empty')}>{t('mailbox.soon')}</Empty>}
          >
            {(items) => (
              <Stack gap="sm" component="ul" className={classes.mails}>
                {(items ?? []).map((mail) => (
                  <Paper key={mail.id} component="li" withBorder p="md">
                    <Stack gap="xs">
                      <Group justify="space-between" wrap="nowrap" align="baseline">
                        <Text fw={650}>{mail.subject}</Text>
                        <Text size="xs" c="dimmed" className={classes.when}>
                          <Ago at={mail.at} />
                        </Text>
                      </Group>
                      <Body text={mail.body} />
                    </Stack>
                  </Paper>
                ))}
              </Stack>
            )}
          </Loaded>
          <Text size="xs" c="dimmed">
            <Code>GET /api/sandbox/mail</Code>
          </Text>
        </Stack>
      </Drawer>
    </>
  );
}
