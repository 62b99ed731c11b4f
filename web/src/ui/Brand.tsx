import classes from './Brand.module.css';
import { initialOf } from './stamps';

interface BrandProps {
  logoUrl?: string | null | undefined;
  name: string;
  /** Width and height in pixels. */
  size?: number;
}

/** A business's logo, or its letter on its colour. The name stands beside it, so the picture says nothing. */
export function Brand({ logoUrl, name, size = 36 }: BrandProps) {
  return (
    <span
      className={classes.brand}
      aria-hidden="true"
      style={{ width: size, height: size, fontSize: size * 0.46 }}
    >
      {logoUrl ? <img src={logoUrl} alt="" className={classes.logo} /> : initialOf(name)}
    </span>
  );
}
