import { Alert, Button, Group, Menu, Modal, SimpleGrid, Stack, Text, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconCoffee, IconInfoCircle, IconPencil, IconTrash } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../../client';
import { ConfirmButton } from '../ConfirmButton';
import { Empty } from '../Empty';
import { FormError } from '../FormError';
import { Loaded } from '../Loaded';
import { OfflineBanner } from '../OfflineBanner';
import { Panel } from '../Panel';
import { ProblemNotice } from '../ProblemNotice';

const REFUSED = new ApiProblem({
  title: 'This card was stamped a moment ago.',
  detail: 'Try again in 40 seconds.',
  status: 409,
  code: 'loyalty.stamps.too_soon',
  request_id: '0198f2ab',
});
const query = (state: Partial<UseQueryResult<string[], unknown>>) =>
  ({ data: undefined, error: null, refetch: () => undefined, ...state }) as unknown as UseQueryResult<
    string[],
    unknown
  >;

/** What a screen shows when there is nothing, nothing yet, or trouble. */
export function States() {
  const { t } = useTranslation('design');
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Panel title={t('states')}>
        <SimpleGrid cols={{ base: 1, md: 3 }}>
          <Loaded query={query({})}>{() => null}</Loaded>
          <Loaded query={query({ error: REFUSED })}>{() => null}</Loaded>
          <Loaded
            query={query({ data: [] })}
            isEmpty={(rows) => rows.length === 0}
            empty={
              <Empty
                icon={<IconCoffee size={40} />}
                title="No guests yet"
                action={<Button>Print the poster</Button>}
              >
                They come by the poster, and by your hand.
              </Empty>
            }
          >
            {() => null}
          </Loaded>
        </SimpleGrid>
        <OfflineBanner />
      </Panel>
      <Panel title={t('notices')}>
        <Stack>
          <ProblemNotice problem={new ApiProblem({})} onRetry={() => undefined} />
          <FormError problem={REFUSED} />
          {(['green', 'blue', 'yellow', 'red', 'gray'] as const).map((color) => (
            <Alert key={color} color={color} title="A notice" icon={<IconInfoCircle />}>
              It says what is the matter, and what to do.
            </Alert>
          ))}
        </Stack>
      </Panel>
      <Panel title={t('overlays')}>
        <Group>
          <Button onClick={open}>Dialogue</Button>
          <Modal
            opened={opened}
            onClose={close}
            title="A new program"
            closeButtonProps={{ 'aria-label': 'Close' }}
          >
            <Text>What you promise counts from now on.</Text>
          </Modal>
          <ConfirmButton
            label="Void a stamp"
            title="Void this stamp?"
            message="The card goes back by one. Rosa sees it at once."
            confirm="Void the stamp"
            danger
            onConfirm={() => undefined}
          />
          <Menu>
            <Menu.Target>
              <Button variant="default">Menu</Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Label>Program</Menu.Label>
              <Menu.Item leftSection={<IconPencil size={16} />}>Change</Menu.Item>
              <Menu.Item leftSection={<IconTrash size={16} />} color="red">
                Archive
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
          <Tooltip label="Says more">
            <Button variant="default">Hint</Button>
          </Tooltip>
          <Button
            variant="default"
            onClick={() =>
              notifications.show({ title: 'Stamped', message: 'Rosa has 7 of 10.', color: 'green' })
            }
          >
            Notification
          </Button>
        </Group>
      </Panel>
    </>
  );
}
