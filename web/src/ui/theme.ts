/** The design as Mantine wants it: every value is a token of `tokens.css`, so that nothing looks like its default. */

import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type MantineThemeComponents,
  type VariantColorsResolver,
} from '@mantine/core';
import fields from './fields.module.css';
import classes from './theme.module.css';

/** Ten shades that stand in `tokens.css` under one name. */
const shades = (name: string) =>
  Array.from({ length: 10 }, (_, shade) => `var(--hf-${name}-${shade})`) as unknown as MantineColorsTuple;

/** What Mantine's names of colours mean here: five tones and the accent, and nothing of a rainbow. */
const TONES = {
  accent: 'accent',
  red: 'bad',
  pink: 'bad',
  orange: 'warn',
  yellow: 'warn',
  green: 'good',
  teal: 'good',
  lime: 'good',
  blue: 'info',
  cyan: 'info',
  indigo: 'info',
  gray: 'soft',
} as const;

const dense = { size: 'sm' } as const;
const fieldClasses = {
  classNames: { label: fields.label, description: fields.description, error: fields.error },
};

const components: MantineThemeComponents = {
  ActionIcon: {
    defaultProps: { variant: 'subtle', color: 'gray', size: 'lg' },
    classNames: { root: classes.actionIcon },
  },
  Alert: { classNames: { root: classes.alert, title: classes.alertTitle, message: classes.alertMessage } },
  Anchor: { defaultProps: { underline: 'always' }, classNames: { root: classes.anchor } },
  Badge: { defaultProps: { size: 'lg', variant: 'light' }, classNames: { root: classes.badge } },
  Button: { defaultProps: { size: 'sm' }, classNames: { root: classes.button } },
  Card: { defaultProps: { padding: 'lg', radius: 'lg' }, classNames: { root: classes.card } },
  Checkbox: {
    defaultProps: { radius: 'xs' },
    classNames: { input: fields.check, label: fields.checkLabel, description: fields.description },
  },
  CloseButton: { classNames: { root: classes.close } },
  Code: { classNames: { root: classes.code } },
  Combobox: { classNames: { dropdown: classes.dropdown, option: classes.option } },
  Drawer: { classNames: { content: classes.drawer, header: classes.sheetHead, title: classes.sheetTitle } },
  Fieldset: { classNames: { root: fields.fieldset, legend: fields.label } },
  Input: { defaultProps: dense, classNames: { wrapper: fields.wrapper, input: fields.input } },
  InputWrapper: { defaultProps: dense, ...fieldClasses },
  Menu: {
    // The placeholder that takes the first focus is no item of a menu, which axe rightly minds.
    defaultProps: { radius: 'md', withInitialFocusPlaceholder: false },
    classNames: { dropdown: classes.dropdown, item: classes.menuItem, label: classes.menuLabel },
  },
  Modal: {
    defaultProps: { centered: true, radius: 'lg', overlayProps: { className: classes.overlay ?? '' } },
    classNames: { content: classes.sheet, header: classes.sheetHead, title: classes.sheetTitle },
  },
  NavLink: { classNames: { root: classes.navLink, label: classes.navLabel } },
  Notification: {
    defaultProps: { radius: 'md', withBorder: true },
    classNames: { root: classes.notification, title: classes.alertTitle },
  },
  Paper: { classNames: { root: classes.paper } },
  PinInput: { classNames: { input: fields.input } },
  Popover: { classNames: { dropdown: classes.dropdown } },
  Progress: { defaultProps: { radius: 'xl' }, classNames: { root: classes.track } },
  Radio: {
    classNames: { radio: fields.check, label: fields.checkLabel, description: fields.description },
  },
  SegmentedControl: {
    defaultProps: { radius: 'md' },
    classNames: { root: classes.segments, indicator: classes.segmentShown, label: classes.segment },
  },
  Select: { defaultProps: { checkIconPosition: 'right', ...dense } },
  Skeleton: { classNames: { root: classes.skeleton } },
  Stepper: {
    classNames: {
      stepIcon: classes.stepIcon,
      stepLabel: classes.stepLabel,
      stepDescription: fields.description,
      separator: classes.stepLine,
    },
  },
  Switch: {
    defaultProps: { size: 'md', withThumbIndicator: false },
    classNames: {
      thumb: fields.switchThumb,
      track: fields.switchTrack,
      label: fields.checkLabel,
      description: fields.description,
    },
  },
  Table: {
    defaultProps: { verticalSpacing: 'sm', horizontalSpacing: 'md', tabularNums: true },
    classNames: { table: classes.table, th: classes.th, tr: classes.tr },
  },
  Tabs: { classNames: { root: classes.tabs, list: classes.tabList, tab: classes.tab } },
  Title: { classNames: { root: classes.title } },
  Tooltip: { defaultProps: { radius: 'sm', openDelay: 300 }, classNames: { tooltip: classes.tooltip } },
};

/** A filled surface brings its own ink, which `accent.ts` and the tokens have checked. */
const variantColorResolver: VariantColorsResolver = (input) => {
  const found = defaultVariantColorsResolver(input);
  if (input.variant !== 'filled') return found;
  const tone = TONES[(input.color ?? input.theme.primaryColor) as keyof typeof TONES];
  return tone === undefined ? found : { ...found, color: `var(--hf-${tone}-ink)` };
};

export const theme = createTheme({
  colors: {
    ...Object.fromEntries(Object.entries(TONES).map(([name, tone]) => [name, shades(tone)])),
    gray: shades('gray'),
    dark: shades('dark'),
  },
  primaryColor: 'accent',
  primaryShade: 6,
  variantColorResolver,
  white: 'var(--hf-surface)',
  black: 'var(--hf-ink)',
  fontFamily: 'var(--hf-font)',
  fontFamilyMonospace: 'var(--hf-font-mono)',
  headings: {
    fontFamily: 'var(--hf-font)',
    fontWeight: '680',
    sizes: {
      h1: { fontSize: 'var(--hf-text-2xl)', lineHeight: '1.2' },
      h2: { fontSize: 'var(--hf-text-xl)', lineHeight: '1.25' },
      h3: { fontSize: 'var(--hf-text-lg)', lineHeight: '1.3' },
      h4: { fontSize: 'var(--hf-text-md)', lineHeight: '1.4' },
    },
  },
  fontSizes: {
    xs: 'var(--hf-text-xs)',
    sm: 'var(--hf-text-sm)',
    md: 'var(--hf-text-md)',
    lg: 'var(--hf-text-lg)',
    xl: 'var(--hf-text-xl)',
  },
  spacing: {
    xs: 'var(--hf-space-2)',
    sm: 'var(--hf-space-3)',
    md: 'var(--hf-space-4)',
    lg: 'var(--hf-space-5)',
    xl: 'var(--hf-space-6)',
  },
  radius: {
    xs: 'var(--hf-radius-xs)',
    sm: 'var(--hf-radius-sm)',
    md: 'var(--hf-radius-md)',
    lg: 'var(--hf-radius-lg)',
    xl: 'var(--hf-radius-full)',
  },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  shadows: {
    xs: 'var(--hf-shadow-press)',
    sm: 'var(--hf-shadow-card)',
    md: 'var(--hf-shadow-card)',
    lg: 'var(--hf-shadow-float)',
    xl: 'var(--hf-shadow-float)',
  },
  components,
});

/** What Mantine derives from a colour, in the design's own tones. */
const toned = Object.fromEntries(
  Object.entries(TONES).flatMap(([name, tone]) => {
    const text = tone === 'accent' ? 'var(--hf-accent-text)' : `var(--hf-${tone})`;
    const filled = tone === 'accent' ? 'var(--hf-accent)' : `var(--hf-${tone})`;
    const soft =
      tone === 'accent' ? `color-mix(in srgb, ${text} 11%, var(--hf-surface))` : `var(--hf-${tone}-soft)`;
    return [
      [`--mantine-color-${name}-filled`, filled],
      [`--mantine-color-${name}-filled-hover`, `color-mix(in srgb, ${filled} 88%, var(--hf-${tone}-away))`],
      [`--mantine-color-${name}-text`, text],
      [`--mantine-color-${name}-light`, soft],
      [`--mantine-color-${name}-light-hover`, `color-mix(in srgb, ${text} 8%, ${soft})`],
      [`--mantine-color-${name}-light-color`, text],
      [`--mantine-color-${name}-outline`, text],
      [`--mantine-color-${name}-outline-hover`, soft],
    ];
  }),
);

const surfaces = {
  '--mantine-color-body': 'var(--hf-paper)',
  '--mantine-color-text': 'var(--hf-ink)',
  '--mantine-color-bright': 'var(--hf-ink)',
  '--mantine-color-dimmed': 'var(--hf-ink-faint)',
  '--mantine-color-placeholder': 'var(--hf-ink-faint)',
  '--mantine-color-error': 'var(--hf-bad)',
  '--mantine-color-success': 'var(--hf-good)',
  '--mantine-color-default': 'var(--hf-surface)',
  '--mantine-color-default-hover': 'var(--hf-surface-hover)',
  '--mantine-color-default-color': 'var(--hf-ink)',
  '--mantine-color-default-border': 'var(--hf-line-soft)',
  '--mantine-color-disabled': 'var(--hf-surface-sunken)',
  '--mantine-color-disabled-color': 'var(--hf-ink-faint)',
  '--mantine-color-disabled-border': 'var(--hf-line)',
  '--mantine-color-anchor': 'var(--hf-accent-text)',
  '--mantine-primary-color-contrast': 'var(--hf-accent-ink)',
  ...toned,
};

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: surfaces,
  dark: surfaces,
});
