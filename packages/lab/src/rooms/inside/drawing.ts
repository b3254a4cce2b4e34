/** What was drawn in the room Draw, as its link says it. */
export interface Drawing {
  readonly ink: string | null;
  readonly pen: string | null;
  readonly example: string | null;
}

/** The drawing in the settings of that room, if there is one. */
export function drawingIn(query: URLSearchParams): Drawing | undefined {
  const drawing = { ink: query.get('ink'), pen: query.get('pen'), example: query.get('example') };
  return drawing.ink || drawing.example ? drawing : undefined;
}

let taken = '';

/** Whether a drawing is another than the last one that was taken; from then on it is the last. */
export function drawingTaken({ ink, pen, example }: Drawing): boolean {
  const text = `${ink} ${example} ${pen}`;
  const isNew = text !== taken;
  taken = text;
  return isNew;
}
