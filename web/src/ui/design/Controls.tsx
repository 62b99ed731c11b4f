import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  NavLink,
  NumberInput,
  PasswordInput,
  Progress,
  Radio,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Stepper,
  Switch,
  Tabs,
  Textarea,
  TextInput,
} from '@mantine/core';
import { IconHome, IconSearch, IconSettings } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Panel } from '../Panel';

const VARIANTS = ['filled', 'default', 'light', 'outline', 'subtle'] as const;

function Buttons() {
  return (
    <Stack gap="sm">
      {VARIANTS.map((variant) => (
        <Group key={variant} gap="sm">
          <Button variant={variant}>Stamp</Button>
          <Button variant={variant} leftSection={<IconSearch size={16} />}>
            Find
          </Button>
          <Button variant={variant} disabled>
            Closed
          </Button>
          <Button variant={variant} loading>
            Sending
          </Button>
          <Button variant={variant} color="red">
            Void
          </Button>
          <Button variant={variant} color="gray">
            Later
          </Button>
        </Group>
      ))}
      <Group gap="sm">
        {(['xs', 'sm', 'md', 'lg', 'xl'] as const).map((size) => (
          <Button key={size} size={size}>
            {size}
          </Button>
        ))}
        <ActionIcon aria-label="Settings">
          <IconSettings size={20} />
        </ActionIcon>
        <ActionIcon aria-label="Home" variant="default">
          <IconHome size={20} />
        </ActionIcon>
      </Group>
    </Stack>
  );
}

function Fields() {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
      <TextInput label="Name" description="As it stands over the door" placeholder="Café Aurora" />
      <TextInput label="Phone" required defaultValue="12" error="That is not a number in Peru." />
      <TextInput label="Slug" disabled defaultValue="cafe-aurora" />
      <PasswordInput label="Password" />
      <NumberInput label="Stamps" min={2} max={50} defaultValue={10} />
      <Select label="Currency" data={['PEN', 'EUR', 'JPY']} defaultValue="PEN" />
      <Textarea label="Words" placeholder="What the poster says" autosize minRows={2} />
      <TextInput label="Large, for customers" size="lg" placeholder="999 888 777" />
      <Stack gap="sm">
        <Checkbox label="I agree" description="In plain words" defaultChecked />
        <Checkbox label="Not yet" />
        <Radio.Group label="Template" defaultValue="a">
          <Group>
            <Radio value="a" label="Calm" />
            <Radio value="b" label="Bold" />
          </Group>
        </Radio.Group>
        <Switch label="Send a message" defaultChecked />
        <Switch label="Not this one" />
      </Stack>
    </SimpleGrid>
  );
}

/** What is pressed, filled in and chosen. */
export function Controls() {
  const { t } = useTranslation('design');
  return (
    <>
      <Panel title={t('buttons')}>
        <Buttons />
      </Panel>
      <Panel title={t('fields')}>
        <Fields />
      </Panel>
      <Panel title={t('navigation')}>
        <Stack>
          <Tabs defaultValue="visits">
            <Tabs.List>
              <Tabs.Tab value="visits">Visits</Tabs.Tab>
              <Tabs.Tab value="rewards">Rewards</Tabs.Tab>
              <Tabs.Tab value="notes">Notes</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="visits" pt="sm">
              Sixteen visits.
            </Tabs.Panel>
          </Tabs>
          <Group align="flex-start">
            <SegmentedControl data={['Today', 'Week', 'Month']} aria-label="Window" />
            <div>
              <NavLink w={220} label="Dashboard" leftSection={<IconHome size={18} />} active href="#" />
              <NavLink w={220} label="Settings" leftSection={<IconSettings size={18} />} href="#" />
            </div>
          </Group>
          <Stepper active={1} size="sm">
            <Stepper.Step label="Business" />
            <Stepper.Step label="Card" />
            <Stepper.Step label="Poster" />
          </Stepper>
          <Progress value={40} aria-label="Progress" />
        </Stack>
      </Panel>
    </>
  );
}
