export interface Answer {
  readonly answer: number;
}
export const answer: number = 42;
