/** How often weights of a network were set to others than training has made of them. */
let count = 0;

/** After weights were set back or replaced: what has been computed with them holds no more. */
export function noteWeightChange(): void {
  count++;
}

export function weightChanges(): number {
  return count;
}
