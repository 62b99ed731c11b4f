import { ActionIcon, Button, Text } from '@mantine/core';
import { IconBulb, IconBulbOff, IconCamera, IconCameraOff, IconCameraRotate } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './ScanPane.module.css';
import { useSettings } from './settings';
import { useCamera } from './useCamera';
import { useVideoCodes } from './useCodes';

interface ScanPaneProps {
  /** Codes are looked for; off while a question is open. */
  looking: boolean;
  /** A word on what was seen and is no card. */
  hint: string | null;
  onText: (text: string) => void;
  onPhone: () => void;
}

/** Whether the person has said before that this page may use the camera. */
async function allowed(): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: 'camera' as PermissionName })).state === 'granted';
  } catch {
    return false;
  }
}

/** The camera, and in its frame the guest's code. Meets L23. */
export function ScanPane({ looking, hint, onText, onPhone }: ScanPaneProps) {
  const { t } = useTranslation('stamper');
  const [settings, set] = useSettings();
  const [wanted, setWanted] = useState(settings.cameraOn);
  const [trouble, setTrouble] = useState(false);
  const camera = useCamera(wanted, settings.camera);
  useEffect(() => {
    void allowed().then((granted) => granted && setWanted(true));
  }, []);
  useVideoCodes(camera.video, camera.state === 'on' && looking && !trouble, onText, () => setTrouble(true));
  const start = () => {
    set({ cameraOn: true });
    setTrouble(false);
    setWanted(true);
    camera.retry();
  };
  const shown = camera.state === 'on' || camera.state === 'starting';
  return (
    <section className={classes.pane} aria-label={t('scan.title')} data-state={camera.state}>
      <video
        ref={camera.video}
        className={classes.video}
        data-mirrored={settings.camera === 'user' || undefined}
        muted
        playsInline
        hidden={!shown}
      />
      {shown && !trouble && (
        <>
          <div className={classes.frame} data-looking={looking || undefined} aria-hidden="true">
            <i />
            <i />
            <i />
            <i />
          </div>
          <div className={classes.tools}>
            {camera.torch !== null && (
              <ActionIcon
                size={52}
                variant="filled"
                className={classes.tool ?? ''}
                aria-pressed={camera.torch}
                aria-label={t('scan.torch')}
                onClick={() => camera.setTorch(!camera.torch)}
              >
                {camera.torch ? <IconBulb /> : <IconBulbOff />}
              </ActionIcon>
            )}
            {camera.several && (
              <ActionIcon
                size={52}
                variant="filled"
                className={classes.tool ?? ''}
                aria-label={t('scan.turn')}
                onClick={() => set({ camera: settings.camera === 'user' ? 'environment' : 'user' })}
              >
                <IconCameraRotate />
              </ActionIcon>
            )}
          </div>
        </>
      )}
      {(hint !== null || (shown && !trouble)) && (
        <p className={classes.hint} role="status" data-told={hint !== null || undefined}>
          {hint ?? t('scan.hint')}
        </p>
      )}
      {(!shown || trouble) && (
        <Help
          why={trouble ? 'reader' : camera.state === 'off' && !wanted ? 'ask' : camera.state}
          onStart={start}
          onPhone={onPhone}
        />
      )}
    </section>
  );
}

interface HelpProps {
  why: 'ask' | 'reader' | 'off' | 'starting' | 'on' | 'refused' | 'missing' | 'broken';
  onStart: () => void;
  onPhone: () => void;
}

/** Why there is no picture, what to do about it, and the way that always works. */
function Help({ why, onStart, onPhone }: HelpProps) {
  const { t } = useTranslation('stamper');
  if (why === 'off' || why === 'starting' || why === 'on') return null;
  const asks = why === 'ask';
  return (
    <div className={classes.help}>
      {asks ? (
        <IconCamera size={44} stroke={1.4} aria-hidden="true" />
      ) : (
        <IconCameraOff size={44} stroke={1.4} aria-hidden="true" />
      )}
      <Text fw={650} size="lg">
        {t(`camera.${why}`)}
      </Text>
      <Text size="sm" c="dimmed" maw={320}>
        {t(`camera.${why}.help`)}
      </Text>
      <Button size="lg" onClick={onStart}>
        {t(asks ? 'camera.start' : 'camera.again')}
      </Button>
      <Button size="lg" variant="subtle" onClick={onPhone} className={classes.phone ?? ''}>
        {t('camera.phone')}
      </Button>
    </div>
  );
}
