/** An e-mail address as the api takes it, near enough to spare somebody the way there and back. */
export const isAddress = (text: string) =>
  text.trim().length <= 254 &&
  /^[^\s@<>()[\]\\,;:"']{1,64}@[^\s@.<>()[\]\\,;:"']+(\.[^\s@.<>()[\]\\,;:"']+)+$/.test(text.trim());
