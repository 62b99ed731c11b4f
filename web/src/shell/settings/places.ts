/** Countries, currencies, timezones and languages by their names in the reader's language, as the browser knows them. */

interface Choice {
  value: string;
  label: string;
}

/** ISO 3166-1 alpha-2; browsers name them, and do not list them. */
const COUNTRIES =
  'AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA CC CD ' +
  'CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD ' +
  'GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI ' +
  'KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW ' +
  'MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB ' +
  'SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY ' +
  'UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW';

const sorted = (choices: Choice[], language: string) => {
  const { compare } = new Intl.Collator(language);
  return choices.sort((one, other) => compare(one.label, other.label));
};

/** What is chosen stands among the choices even if this browser has never heard of it. */
const withChosen = (values: readonly string[], chosen: readonly string[]) => [
  ...new Set([...values, ...chosen]),
];

function named(
  type: 'region' | 'currency' | 'language',
  language: string,
  values: readonly string[],
): Choice[] {
  const names = new Intl.DisplayNames([language], { type, fallback: 'code' });
  return sorted(
    values.map((value) => ({ value, label: names.of(value) ?? value })),
    language,
  );
}

export const countriesIn = (language: string, chosen: string) =>
  named('region', language, withChosen(COUNTRIES.split(' '), [chosen]));

export const currenciesIn = (language: string, chosen: string) =>
  named('currency', language, withChosen(Intl.supportedValuesOf('currency'), [chosen])).map(
    ({ value, label }) => ({
      value,
      label: label === value ? value : `${value} · ${label}`,
    }),
  );

export const timezones = (chosen: string) => withChosen(Intl.supportedValuesOf('timeZone'), [chosen]).sort();

export const languagesIn = (language: string, values: readonly string[]) =>
  named('language', language, withChosen(values, []));
