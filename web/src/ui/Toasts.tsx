import '@mantine/notifications/styles.layer.css';
import { Notifications } from '@mantine/notifications';

/** Where notices appear. It comes after the page; what is said before that waits for it. */
export function Toasts() {
  return <Notifications position="top-center" />;
}
