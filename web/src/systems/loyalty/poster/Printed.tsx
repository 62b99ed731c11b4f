import type { ReactNode } from 'react';
import { createPortal } from 'react-dom';
import type { Paper } from './address';
import classes from './Printed.module.css';

/** What is printed instead of the page: one sheet, and nothing of the application around it. */
export function Printed({ paper, children }: { paper: Paper; children: ReactNode }) {
  return createPortal(
    <div className={classes.printed} data-paper={paper} aria-hidden="true">
      {/* The size of the sheet can only be said in a style of the document. */}
      <style>{`@page { size: ${paper} portrait; margin: 0; }`}</style>
      {children}
    </div>,
    document.body,
  );
}
