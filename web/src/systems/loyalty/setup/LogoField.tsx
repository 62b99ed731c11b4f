import { Button, FileButton, Group, Text } from '@mantine/core';
import { IconPhotoUp } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { smaller, TYPES } from '../../../shell/settings/picture';
import { Brand } from '../../../ui/Brand';

interface LogoFieldProps {
  business: string;
  /** What is shown: the picture just chosen, or the one that is there already. */
  url: string | null;
  onChoose: (picture: Blob | null) => void;
}

/** The business's logo, made small here before it goes over a slow network. */
export function LogoField({ business, url, onChoose }: LogoFieldProps) {
  const { t } = useTranslation('programs');
  const [broken, setBroken] = useState(false);
  const take = async (file: File | null) => {
    if (file === null) return;
    try {
      onChoose(await smaller(file));
      setBroken(false);
    } catch {
      setBroken(true);
    }
  };
  return (
    <div>
      <Text size="sm" fw={600} mb={6}>
        {t('logo')}
      </Text>
      <Group gap="md" wrap="nowrap">
        <Brand name={business || '?'} logoUrl={url} size={64} />
        <div>
          <Group gap="xs">
            <FileButton onChange={(file) => void take(file)} accept={TYPES.join(',')}>
              {(props) => (
                <Button
                  {...props}
                  variant="default"
                  size="xs"
                  leftSection={<IconPhotoUp size={16} aria-hidden="true" />}
                >
                  {t(url === null ? 'logo.choose' : 'logo.replace')}
                </Button>
              )}
            </FileButton>
          </Group>
          <Text size="xs" c="dimmed" mt={4}>
            {t('logo.hint')}
          </Text>
        </div>
      </Group>
      {broken && (
        <Text role="alert" size="sm" c="red" mt="xs">
          {t('logo.broken')}
        </Text>
      )}
    </div>
  );
}
