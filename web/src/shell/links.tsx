/** Links that look like buttons and links that look like links, with the router's own types for where they lead. */

import { Anchor, type AnchorProps, Button, type ButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, Ref } from 'react';

type Own<Props> = Props &
  Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof Props> & { ref?: Ref<HTMLAnchorElement> };

export const LinkButton = createLink((props: Own<ButtonProps>) => <Button component="a" {...props} />);

export const LinkText = createLink((props: Own<AnchorProps>) => <Anchor {...props} />);
