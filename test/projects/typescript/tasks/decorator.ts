const same = (type: object) => type;
@same
class Answer {
  constructor(readonly answer: number) {}
}
export const run = (): number => new Answer(42).answer;
