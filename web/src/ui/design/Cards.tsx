import { useTranslation } from 'react-i18next';
import { Panel } from '../Panel';
import { StampCard } from '../StampCard';
import classes from './Design.module.css';

const CAFE = { business: 'Café Aurora', program: 'Coffee card', reward: 'A coffee on the house' };
const OTHERS = [
  {
    business: 'Barbería Tijera',
    program: 'Cortes',
    reward: 'Un corte gratis',
    accent: '#1d2433',
    required: 8,
    stamps: 5,
  },
  {
    business: 'Panadería Sol',
    program: 'Pan de la semana',
    reward: 'A loaf',
    accent: '#e8b33f',
    required: 12,
    stamps: 12,
  },
  {
    business: 'Sudsy',
    program: 'Ten washes',
    reward: 'The big wash',
    accent: '#2f6fd0',
    required: 10,
    stamps: 0,
  },
  { business: '茶寮', program: 'お茶カード', reward: '抹茶一杯', accent: '#5d7a3a', required: 6, stamps: 4 },
  { business: 'La Rosa', program: 'Ramos', reward: 'Un ramo', accent: '#c2457e', required: 5, stamps: 2 },
];

/** The emblem of the product, from two stamps to fifty. */
export function Cards({ accent }: { accent: string | null }) {
  const { t } = useTranslation('design');
  return (
    <Panel title={t('cards')}>
      <div className={classes.cards}>
        <StampCard {...CAFE} accent={accent} stamps={6} required={10} name="Rosa Mamani" />
        <StampCard {...CAFE} accent={accent} stamps={10} required={10} name="Rosa Mamani" />
        {OTHERS.map((other) => (
          <StampCard key={other.business} {...other} />
        ))}
        {[2, 3, 4, 7, 15, 20, 30, 50].map((required) => (
          <StampCard
            key={required}
            {...CAFE}
            accent={accent}
            stamps={Math.floor(required * 0.6)}
            required={required}
          />
        ))}
        <StampCard {...CAFE} accent={accent} stamps={3} required={8} size="sm" />
        <StampCard {...CAFE} accent={accent} stamps={3} required={8} size="lg" />
        <StampCard
          business="A business with quite a long name, as there are some"
          program="And a program that could not be shorter either"
          reward="Any cake from the counter, with a large drink of your choice, on us"
          name="Maria Guadalupe Quispe"
          stamps={1}
          required={9}
        />
      </div>
    </Panel>
  );
}
