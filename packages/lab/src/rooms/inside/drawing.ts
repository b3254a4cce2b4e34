let taken = '';

/** Whether a drawing is another than the last one that was taken; from then on it is the last. */
export function drawingTaken(drawing: string): boolean {
  const isNew = drawing !== taken;
  taken = drawing;
  return isNew;
}
