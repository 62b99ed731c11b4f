/** @jsxImportSource preact */

/** Good news, shown and said to whoever listens instead of looks. */
export function Announcement({ text }: { text: string | null }) {
  return (
    <div aria-live="polite">
      {text !== null && (
        <p class="news" key={text}>
          {text}
        </p>
      )}
    </div>
  );
}
