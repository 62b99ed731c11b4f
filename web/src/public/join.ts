/**
 * What a script adds to the enrolment page, which works without it: a word about a mistake before anything is sent, and
 * a button that shows that it was heard. Nothing is remembered.
 */
import './join.css';

const form = document.querySelector<HTMLFormElement>('form[data-join]');

/** What is wrong with a field, in the page's own language; empty when nothing is. */
function mistake(input: HTMLInputElement): string {
  const { missing = '', wrong = '' } = input.dataset;
  if (input.validity.valueMissing || (input.required && input.value.trim() === '')) return missing;
  if (!input.validity.valid) return wrong;
  // The server knows every country's numbers; here it is enough that it can be one.
  return input.type === 'tel' && input.value.replace(/\D/g, '').length < 5 ? wrong : '';
}

/** Show what is wrong beside the field, or that nothing is any more; gives whether something is. */
function show(input: HTMLInputElement): boolean {
  const text = mistake(input);
  const place = document.getElementById(`${input.name}-wrong`);
  if (place === null) return false;
  place.textContent = text;
  place.hidden = text === '';
  const about = (input.getAttribute('aria-describedby') ?? '')
    .split(' ')
    .filter((id) => id && id !== place.id);
  if (text !== '') about.push(place.id);
  if (about.length > 0) input.setAttribute('aria-describedby', about.join(' '));
  else input.removeAttribute('aria-describedby');
  if (text !== '') input.setAttribute('aria-invalid', 'true');
  else input.removeAttribute('aria-invalid');
  return text !== '';
}

function enhance(form: HTMLFormElement): void {
  const inputs = [...form.querySelectorAll<HTMLInputElement>('input[data-missing], input[data-wrong]')];
  const button = form.querySelector<HTMLButtonElement>('button[type=submit]');
  const label = button?.querySelector('span') ?? null;
  const said = label?.textContent ?? '';
  const phone = form.querySelector<HTMLInputElement>('input[type=tel]');
  let sending = false;

  function rest(): void {
    sending = false;
    button?.removeAttribute('aria-disabled');
    if (label !== null) label.textContent = said;
  }

  function foreign(): void {
    phone?.parentElement?.classList.toggle('foreign', /^\s*(\+|00)/.test(phone.value));
  }

  form.noValidate = true;
  for (const input of inputs) {
    input.addEventListener('blur', () => {
      if (input.value !== '' && !/^(checkbox|radio)$/.test(input.type)) show(input);
    });
    input.addEventListener('input', () => {
      if (input.getAttribute('aria-invalid') === 'true') show(input);
    });
  }
  phone?.addEventListener('input', foreign);
  foreign();

  form.addEventListener('submit', (event) => {
    const wrong = inputs.filter(show);
    if (sending || wrong.length > 0) {
      event.preventDefault();
      wrong[0]?.focus();
      return;
    }
    sending = true;
    button?.setAttribute('aria-disabled', 'true');
    if (label !== null) label.textContent = button?.dataset.sending ?? said;
  });
  // Who comes back to the page finds it ready again.
  window.addEventListener('pageshow', rest);
}

if (form !== null) enhance(form);
