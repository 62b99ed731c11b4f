/** Where a business is, guessed from the browser, so that an owner confirms what others ask for. */

/** The money of every country: ISO 4217, then the countries that pay with it (CLDR). */
const MONEY =
  'AED:AE AFN:AF ALL:AL AMD:AM AOA:AO ARS:AR AUD:AU,CC,CX,KI,NF,NR,TV AWG:AW AZN:AZ BAM:BA BBD:BB BDT:BD ' +
  'BGN:BG BHD:BH BIF:BI BMD:BM BND:BN BOB:BO BRL:BR BSD:BS BTN:BT BWP:BW BYN:BY BZD:BZ CAD:CA CDF:CD ' +
  'CHF:CH,LI CLP:CL CNY:CN COP:CO CRC:CR CUP:CU CVE:CV CZK:CZ DJF:DJ DKK:DK,FO,GL DOP:DO DZD:DZ EGP:EG ' +
  'ERN:ER ETB:ET ' +
  'EUR:AD,AT,AX,BE,BL,CY,DE,EE,ES,FI,FR,GF,GP,GR,HR,IE,IT,LT,LU,LV,MC,ME,MF,MQ,MT,NL,PM,PT,RE,SI,SK,SM,VA,YT ' +
  'FJD:FJ FKP:FK GBP:GB,GG,IM,JE GEL:GE GHS:GH GIP:GI GMD:GM GNF:GN GTQ:GT GYD:GY HKD:HK HNL:HN HTG:HT ' +
  'HUF:HU IDR:ID ILS:IL,PS INR:IN IQD:IQ IRR:IR ISK:IS JMD:JM JOD:JO JPY:JP KES:KE KGS:KG KHR:KH KMF:KM ' +
  'KPW:KP KRW:KR KWD:KW KYD:KY KZT:KZ LAK:LA LBP:LB LKR:LK LRD:LR LSL:LS LYD:LY MAD:EH,MA MDL:MD MGA:MG ' +
  'MKD:MK MMK:MM MNT:MN MOP:MO MRU:MR MUR:MU MVR:MV MWK:MW MXN:MX MYR:MY MZN:MZ NAD:NA NGN:NG NIO:NI ' +
  'NOK:NO,SJ NPR:NP NZD:CK,NU,NZ,PN,TK OMR:OM PEN:PE PGK:PG PHP:PH PKR:PK PLN:PL PYG:PY QAR:QA RON:RO ' +
  'RSD:RS RUB:RU RWF:RW SAR:SA SBD:SB SCR:SC SDG:SD SEK:SE SGD:SG SHP:SH SLE:SL SOS:SO SRD:SR SSP:SS STN:ST ' +
  'SYP:SY SZL:SZ THB:TH TJS:TJ TMT:TM TND:TN TOP:TO TRY:TR TTD:TT TWD:TW TZS:TZ UAH:UA UGX:UG ' +
  'USD:AS,BQ,EC,FM,GU,IO,MH,MP,PA,PR,PW,SV,TC,TL,US,VG,VI UYU:UY UZS:UZ VES:VE VND:VN VUV:VU WST:WS ' +
  'XAF:CF,CG,CM,GA,GQ,TD XCD:AG,AI,DM,GD,KN,LC,MS,VC XCG:CW,SX XOF:BF,BJ,CI,GW,ML,NE,SN,TG XPF:NC,PF,WF ' +
  'YER:YE ZAR:ZA ZMW:ZM ZWG:ZW';

const CURRENCY = new Map(
  MONEY.split(' ').flatMap((entry) => {
    const [currency = '', countries = ''] = entry.split(':');
    return countries.split(',').map((country) => [country, currency] as const);
  }),
);
const ELSEWHERE = { country: 'US', timezone: 'UTC' };

export interface Place {
  country: string;
  currency: string;
  timezone: string;
}

/** The browser knows which timezones a country has; older ones by a property, newer ones by a method. */
interface Region extends Intl.Locale {
  timeZones?: string[];
  getTimeZones?: () => string[] | undefined;
}

/** The timezones of a country, the most important first; empty where the browser does not say. */
export function timezonesOf(country: string): readonly string[] {
  const region: Region = new Intl.Locale(`und-${country}`);
  return region.getTimeZones?.() ?? region.timeZones ?? [];
}

export const currencyOf = (country: string) => CURRENCY.get(country) ?? 'USD';

/** The country of a language tag such as es-PE. */
function regionOf(language: string): string | undefined {
  try {
    return new Intl.Locale(language).region;
  } catch {
    return undefined;
  }
}

function countryAt(timezone: string, languages: readonly string[]): string {
  const spoken = languages
    .map(regionOf)
    .filter((region): region is string => region !== undefined && CURRENCY.has(region));
  // The clock says more than the language: many in Lima have a telephone in English of the United States.
  const there = [...spoken, ...CURRENCY.keys()].find((country) => timezonesOf(country).includes(timezone));
  return there ?? spoken[0] ?? ELSEWHERE.country;
}

/** Where the browser seems to be. */
export function guessPlace(
  languages: readonly string[] = navigator.languages,
  timezone: string | undefined = new Intl.DateTimeFormat().resolvedOptions().timeZone,
): Place {
  const zone = timezone ?? ELSEWHERE.timezone;
  const country = countryAt(zone, languages);
  return { country, currency: currencyOf(country), timezone: zone };
}

/** The same place in another country: its money, and its time unless the clock fits already. */
export function movedTo(country: string, place: Place): Place {
  const zones = timezonesOf(country);
  const timezone = zones.includes(place.timezone) ? place.timezone : (zones[0] ?? place.timezone);
  return { country, currency: currencyOf(country), timezone };
}
